# Sourced by what builds with Go: puts Go on PATH. A machine that has no Go 1.25 or newer ends the script with 69
# (EX_UNAVAILABLE of sysexits.h), by which .ci/run tells it from a build that failed.
PATH="$PATH:/usr/local/go/bin"
go_found="$(go env GOVERSION 2>/dev/null || true)"
if [ "$(printf '%s\n' go1.25 "$go_found" | sort -V | head -n 1)" != go1.25 ]; then
  echo "error: Go 1.25 or newer is needed, found ${go_found:-none}; install it (https://go.dev/dl/), then run this again" >&2
  exit 69
fi
