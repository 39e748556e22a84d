#!/bin/sh
# Runs "$@" so that it cannot outlive whoever started it. File descriptor 3 is a pipe whose other end only the starter
# holds. When the pipe closes, because the starter closed it or died in whatever way, the guard kills its whole process
# group, itself included. The guard starts before the program, so there is no moment at which an orphan can be made, and
# `exec` gives the program the process id and the exit code that the starter sees.
(
  trap '' HUP INT TERM
  read -r _ <&3
  kill -KILL 0
) &
exec "$@" 3<&-
