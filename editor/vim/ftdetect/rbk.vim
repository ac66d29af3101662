autocmd BufNewFile,BufRead *.rbk setfiletype rbk
