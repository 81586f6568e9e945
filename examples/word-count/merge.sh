#!/bin/sh
# Adds the counts of all parts up.
set -eu
total=0
for words in $TOTALS; do total=$((total + words)); done
cd "$FOREFLOW_WORK_DIR"
# The names are ours and hold no blanks.
# shellcheck disable=SC2086
awk '{ sum[$2] += $1 } END { for (word in sum) print sum[word], word }' $FILES | sort -k1,1nr -k2 | head -n 10 > most-frequent.txt
printf '%d words; the most frequent:\n' "$total"
cat most-frequent.txt
printf '{ "words": %d }\n' "$total" > "$FOREFLOW_OUTPUT"
