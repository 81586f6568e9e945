#!/bin/sh
# Cuts a text into $PARTS files of about as many lines each, and says what they are called.
set -eu
lines=$(wc -l < "$1")
awk -v each=$(((lines + PARTS - 1) / PARTS)) -v folder="$FOREFLOW_WORK_DIR" '
  (NR - 1) % each == 0 {
    if (file) close(file)
    name = sprintf("part-%d.txt", ++count)
    file = folder "/" name
    names = names (count > 1 ? ", " : "") "\"" name "\""
  }
  { print > file }
  END { print "{ \"files\": [" names "] }" }
' "$1" > "$FOREFLOW_OUTPUT"
