#!/bin/sh
# Writes the answers where people look for them.
set -eu
printf '%s\n' "$ANSWERS" > "$FOREFLOW_WORK_DIR/answers.json"
printf 'answers are in %s\n' "$FOREFLOW_WORK_DIR/answers.json"
