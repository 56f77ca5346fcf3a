#!/bin/sh
# Launches nvcc and keeps what ptxas says of registers and spills (-Xptxas -v) beside the object file, as OBJECT.ptxas;
# anything else it says goes on to the terminal. A test reads the logs.
object=
last=
for argument in "$@"; do
    [ "$last" = -o ] && object=$argument
    last=$argument
done
[ -n "$object" ] || exec "$@"
"$@" 2>"$object.ptxas"
status=$?
grep -v -e '^ptxas info' -e 'bytes stack frame' "$object.ptxas" >&2
exit $status
