#!/bin/sh
# Counts the words of one part: how many in all, and how often each, for merge.sh.
set -eu
cd "$FOREFLOW_WORK_DIR"
tr -cs '[:alpha:]' '\n' < "$FILE" | tr '[:upper:]' '[:lower:]' | sed '/^$/d' | sort | uniq -c > "$FILE.counts"
words=$(awk '{ sum += $1 } END { print sum + 0 }' "$FILE.counts")
printf '{ "words": %d, "file": "%s" }\n' "$words" "$FILE.counts" > "$FOREFLOW_OUTPUT"
