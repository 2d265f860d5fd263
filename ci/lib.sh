# shellcheck shell=bash
# Sourced by ci/demo and ci/test: saying what is done, counting steps, ending what was started.
# Every command runs in a process group of its own, without standard input; a signal ends that group and nothing else.
set -m

passed=0 failed=0 skipped=0 broken=() group='' code=0

say() { printf '%s\n' "$@"; }
seconds() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f s", to - from }'; }
end_group() {
  [ -n "$group" ] || return 0
  kill -TERM -- "-$group" 2>/dev/null || true
  wait "$group" 2>/dev/null || true
  group=''
}

# run COMMAND...: leaves the exit code in `code`. It returns 0 and must not stand in a condition: `set -e` would then be
# off inside of the command.
run() {
  code=0
  "$@" </dev/null &
  group=$!
  wait "$group" || code=$?
  group=''
}

# must COMMAND...: ends the script with the command's exit code if it failed.
must() {
  run "$@"
  [ "$code" = 0 ] || exit "$code"
}

# step HEADLINE COMMAND...: runs and counts. Exit code 77 means skipped; the command has said why.
step() {
  local headline=$1 from=$EPOCHREALTIME
  shift
  say "" "== $headline"
  run "$@"
  case $code in
    0) passed=$((passed + 1)) && say "-- passed: $headline, $(seconds "$from")" ;;
    77) skipped=$((skipped + 1)) && say "-- skipped: $headline" ;;
    *)
      failed=$((failed + 1))
      broken+=("$headline")
      say "-- FAILED: $headline, exit code $code, $(seconds "$from")"
      ;;
  esac
}

# summary: the closing line; returns 1 if anything failed.
summary() {
  local headline more=''
  say ""
  for headline in "${broken[@]}"; do say "failed: $headline"; done
  [ "$skipped" -eq 0 ] || more=", $skipped skipped"
  say "$passed passed, $failed failed$more"
  [ "$failed" -eq 0 ]
}

# configure PRESET: quiet unless it fails.
configure() {
  cmake --preset "$1" >"build/configure-$1.log" 2>&1 || {
    cat "build/configure-$1.log"
    return 1
  }
}

# Objects are found again by another checkout of the same sources.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
mkdir -p build
