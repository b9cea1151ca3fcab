#!/usr/bin/env bash
# Builds, for tests of wrong clocks only, the same cometbft with Go's time.Now() off by CLOCK_SKEW_SECONDS, which the
# environment gives (libfaketime can't: Go asks the kernel without libc). Takes as long as the first build of cometbft.
#   scripts/install-skewed-cometbft.sh FOLDER        makes FOLDER/cometbft-skewed
set -euo pipefail

binary="$1/cometbft-skewed"
if [ -x "$binary" ]; then
  echo "cometbft-skewed is in $1 already"
  exit 0
fi
. "$(dirname "$0")/go.sh"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

original="$(go env GOROOT)/src/time/time.go"
sed -e 's/^\t_ "unsafe" .*/&\n\t"syscall"/' \
  -e '/^func Now() Time {/,/^}/s/^\tsec, nsec, mono := .*/&\n\tsec += skewSeconds/' "$original" >"$scratch/time.go"
if ! grep -q skewSeconds "$scratch/time.go"; then
  echo "error: $original has no Now() as expected; this script knows Go 1.25 and 1.26" >&2
  exit 1
fi
cat >>"$scratch/time.go" <<'GO'

var skewSeconds = readSkew()

func readSkew() int64 {
	text, found := syscall.Getenv("CLOCK_SKEW_SECONDS")
	if !found {
		return 0
	}
	seconds, err := atoi(text)
	if err != nil {
		panic("CLOCK_SKEW_SECONDS: expected whole seconds")
	}
	return int64(seconds)
}
GO
printf '{"Replace":{"%s":"%s"}}\n' "$original" "$scratch/time.go" >"$scratch/overlay.json"
export GOFLAGS="-overlay=$scratch/overlay.json"
"$(dirname "$0")/go-install.sh" github.com/cometbft/cometbft cometbft v0.40.0 "$scratch/bin"
mkdir -p "$1"
mv "$scratch/bin/cometbft" "$binary"
