#!/bin/sh
# Starts the search worker, which is built together with foreflow.
here=$(cd "$(dirname "$0")" && pwd)
program="$here/worker/bin/Release/net10.0/RelatedWords.dll"
[ -f "$program" ] || { echo "build it first: dotnet build -c Release $here/worker" >&2; exit 1; }
exec dotnet "$program" "$here/dictionary.txt"
