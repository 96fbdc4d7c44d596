#!/bin/sh
# nginx-start.sh PIDFILE COMMAND…: starts Nginx in place of this shell.
#
# Workers of a master that was killed live on and keep its ports, because the kernel does not tell them. They
# are in their master's process group; asked to quit they let go of the ports and end what is under way.
old=$(cat "$1" 2>/dev/null)
for process in /proc/[0-9]*; do
  [ -n "$old" ] && read -r pid name _ _ group _ <"$process/stat" || continue
  if [ "$group" = "$old" ] && [ "$name" = "(nginx)" ]; then kill -QUIT "$pid"; fi
done 2>/dev/null
shift
exec "$@"
