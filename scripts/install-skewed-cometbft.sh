#!/usr/bin/env bash
# Builds, for tests of wrong clocks only, the same cometbft with Go's time.Now() off by CLOCK_SKEW_SECONDS, which the
# environment gives (libfaketime can't: Go asks the kernel without libc). Takes as long as the first build of cometbft.
#   scripts/install-skewed-cometbft.sh FOLDER        makes FOLDER/cometbft
set -euo pipefail

PATH="$PATH:/usr/local/go/bin"
scripts="$(cd "$(dirname "$0")" && pwd)"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

original="$(go env GOROOT)/src/time/time.go"
sed -e 's/^\t_ "unsafe" .*/&\n\t"syscall"/' \
  -e '/^func Now() Time {/,/^}/s/^\tsec, nsec, mono := .*/&\n\tsec += skewSeconds/' "$original" >"$scratch/time.go"
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
if [ "$(grep -c skewSeconds "$scratch/time.go")" != 2 ]; then
  echo "error: $original is not as expected: the sum of seconds was not found in Now()" >&2
  exit 1
fi
printf '{"Replace":{"%s":"%s"}}\n' "$original" "$scratch/time.go" >"$scratch/overlay.json"
GOFLAGS="-overlay=$scratch/overlay.json" "$scripts/go-install.sh" github.com/cometbft/cometbft cometbft v0.40.0 "$1"
