#!/bin/sh
# Cuts the list of questions into batches. The list may be on its way here still: it counts as whole once it has not
# changed for SETTLE_SECONDS.
set -eu
before=-1
while now=$(cksum < questions.txt) && [ "$now" != "$before" ]; do
  before=$now
  sleep "$SETTLE_SECONDS"
done
awk -v n="$BATCH" '
  function quote(text) { gsub(/[\\"]/, "\\\\&", text); return "\"" text "\"" }
  NF { if (count++ % n == 0) { printf "%s[", batches++ ? "]," : "{\"batches\":[" } else printf ","
       printf "%s", quote($0) }
  END { if (!batches) printf "{\"batches\":["; else printf "]"; print "]}" }
' questions.txt > "$FOREFLOW_OUTPUT"
