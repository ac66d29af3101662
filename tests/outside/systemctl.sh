#!/bin/sh
# A stand-in for systemctl, which CI has not: units are files beside it, their first word is the state. It answers as systemd 252.
here=$(dirname "$0")
set -f
whose=system
while :; do
  case $1 in
    --user) whose=user; shift ;;
    --no-pager | --no-ask-password) shift ;;
    *) break ;;
  esac
done
verb=$1; shift
[ "$verb" = show ] && shift 2
name=${1%.service}
unit=$here/$whose/$name
[ "$verb" = show ] || echo "$whose $verb $name" >> "$here/calls"
if [ "$verb" = show ]; then
  state=$(cat "$unit" 2>/dev/null || echo not-found)
  load=loaded sub=dead pid=0 reload=no
  case $state in
    active) sub=running pid=4121 reload=yes ;;
    failed) sub=failed ;;
    masked) load=masked state=inactive ;;
    not-found) load=not-found state=inactive ;;
  esac
  [ "$name" = plain ] && reload=no
  printf 'MainPID=%s\nLoadState=%s\nActiveState=%s\nSubState=%s\nCanReload=%s\n' $pid $load $state $sub $reload
  exit 0
fi
if [ ! -f "$unit" ]; then
  echo "Failed to $verb $name.service: Unit $name.service not found." >&2
  exit 5
fi
case $verb in
  stop) echo inactive > "$unit" ;;
  *)
    # What it serves from then on is what its settings say now.
    once=
    [ -e "$here/refuses-once" ] && rm "$here/refuses-once" && once=yes
    if [ -n "$once" ] || [ "$name" = broken ] || [ -e "$here/refuses" ]; then
      echo failed > "$unit"
      echo "Job for $name.service failed because the control process exited with error code." >&2
      echo "See \"systemctl status $name.service\" and \"journalctl -xeu $name.service\" for details." >&2
      exit 1
    fi
    cp "$here/../settings" "$here/serves" 2>/dev/null
    echo active > "$unit"
    ;;
esac
exit 0
