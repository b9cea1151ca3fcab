#!/usr/bin/env bash
# Builds a command of a Go module into a folder, unless it is there in that version:
#   scripts/go-install.sh MODULE COMMAND VERSION FOLDER
set -euo pipefail

module="$1" command="$2" version="$3"
mkdir -p "$4"
folder="$(cd "$4" && pwd)"

if grep -aq "mod	$module	$version" "$folder/$command" 2>/dev/null; then
  echo "$command $version is in $folder already"
  exit 0
fi
. "$(dirname "$0")/go.sh"
GOBIN="$folder" go install "$module/cmd/$command@$version"
echo "$command $version is in $folder"
