" Vim syntax file for rollback policies (*.rbk).
if exists("b:current_syntax")
  finish
endif

syn keyword rbkItem policy param let secret environment severity role phase import use contact escalation channel
syn keyword rbkItem template metric trigger preflight prepare incident action probe test host
syn keyword rbkBlock stage scenario step verify observe parallel always
syn keyword rbkMarker when for in where if then else otherwise and or not
syn keyword rbkConstant true false none

" A clause word counts only as the first word of a statement.
syn match rbkClause "\%(^\|[;{]\)\s*\zs\%(after\|timeout\|retry\|graceful\|reads\|writes\|touches\|idempotent\|undo\|irreversible\|preview\|on\|every\|within\|by\|hold\|tolerate\|expect\|should\|fail\|require\|mitigates\|approve\|done\|depends\|include\|symptoms\|detect\|owner\|root\|roots\|defaults\|lints\|allow\|warn\|deny\|start\|skip\|members\|may\)\>\ze\%(\s\|;\|}\|$\)"

syn match rbkCall "\<[a-z_][a-z0-9_]*\%(\.[a-z_][a-z0-9_]*\)\?\ze("
" Between a percentage and what it is of.
syn match rbkMarker "\s\zsof\ze\s\+[A-Za-z0-9_(]"
syn match rbkLabel "\<[A-Za-z_][A-Za-z0-9_]*:\ze\s"
syn match rbkNumber "\<\d[0-9_]*\%(\.\d\+\)\?\%(\%(ms\|s\|m\|h\|d\|w\|[KMGT]\?i\?B\)\d*\)*%\?\%(/\%(ms\|[smhdw]\)\>\)\?"
syn match rbkComment "#.*$" contains=@Spell

syn region rbkHole matchgroup=rbkHoleEnds start="\${" end="}" contained contains=TOP
syn match rbkEscape "\\\%([ntr\\\"$]\|u{\x\+}\)" contained
syn region rbkString start=+"+ end=+"+ oneline contains=rbkHole,rbkEscape
syn region rbkString start=+"""+ end=+"""+ contains=rbkHole,rbkEscape
syn region rbkString start=+\<r"+ end=+"+
syn region rbkString start=+\<r#"+ end=+"#+

hi def link rbkItem Keyword
hi def link rbkBlock Keyword
hi def link rbkClause Statement
hi def link rbkMarker Conditional
hi def link rbkConstant Boolean
hi def link rbkCall Function
hi def link rbkLabel Identifier
hi def link rbkNumber Number
hi def link rbkComment Comment
hi def link rbkString String
hi def link rbkEscape SpecialChar
hi def link rbkHoleEnds Special

let b:current_syntax = "rbk"
