# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by the start and stop scripts of the targets: where servers live, and how they are ended safely.
# Expects $target, the name of the folder beside this file.
umask 022
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '%s: %s\n' "$target" "$*" >&2; }
die() { say "$*"; exit 1; }

# A server drops its privileges, so every folder above its files must let others through.
open_to_others() {
  local folder=$1
  while [ "$folder" != / ]; do
    if [ -e "$folder" ] && (($(stat -c '%a' "$folder") % 2 == 0)); then return 1; fi
    folder=$(dirname "$folder")
  done
}

servers=${SMTPSPEC_SERVERS:-$repository/build/servers}
if ! open_to_others "$servers"; then
  servers=/var/tmp/smtpspec-servers-$(printf '%s' "$servers" | cksum | cut -d ' ' -f 1)
fi
home=$servers/$target   # kept: the unpacked packages, certificates
run=$home/run           # made anew by each start: settings, queue, log
mkdir -p "$home" && [ -w "$home" ] || die "cannot write to $home; was it made by root?"

# One start or stop at a time. Whatever is started must not inherit the lock: 9>&-
exec 9>"$home/lock"
flock -w 120 9 || die "another start or stop of $target holds $home/lock"

# A process is known by its id and its start time: an id alone may have been given to another one meanwhile.
start_time() { sed -E 's/^.*\) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }
remember() { printf '%s %s\n' "$1" "$(start_time "$1")" >"$home/process"; }
remembered() {  # prints the id of the server if it still runs
  local pid time
  read -r pid time 2>/dev/null <"$home/process" || return 1
  [ -n "$time" ] && [ "$(start_time "$pid")" = "$time" ] && ! dead "$pid" && printf '%s\n' "$pid"
}
dead() { case "$(sed -E 's/^.*\) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 1)" in '' | Z | X) ;; *) return 1 ;; esac; }
# The processes of a session that are not zombies; the server began its session, so its id is the session's.
session() {
  cat /proc/[0-9]*/stat 2>/dev/null |
    awk -v wanted="$1" '{ pid = $1; sub(/^.*\) /, ""); if ($4 == wanted && $1 != "Z" && $1 != "X") print pid }' || true
}
# What is left of the session of a server that was killed: its id still names the session, but only programs that were
# unpacked for this target are touched.
orphans() {
  local pid
  [ ! -e "/proc/$1" ] || return 0
  for pid in $(session "$1"); do
    case "$(readlink "/proc/$pid/exe" || true)" in "$home"/*) printf '%s\n' "$pid" ;; esac
  done
}

# end_server: asks the remembered server and all of its session to end, and insists after 10 seconds.
end_server() {
  local pid left tenths
  read -r pid _ 2>/dev/null <"$home/process" || return 0
  if remembered >/dev/null; then left=session; kill -TERM "$pid" 2>/dev/null || true; else left=orphans; fi
  for ((tenths = 0; tenths < 100; ++tenths)); do
    [ -n "$($left "$pid")" ] || break
    # Once the server itself is gone, what is left of its session is asked one by one.
    if dead "$pid"; then $left "$pid" | xargs -r kill -TERM 2>/dev/null || true; fi
    sleep 0.1
  done
  $left "$pid" | xargs -r kill -KILL 2>/dev/null || true
  # Process 1 may take its time to reap; a zombie would look like a server that does not end.
  if [ "$left" = session ]; then
    for ((tenths = 0; tenths < 30; ++tenths)); do
      [ -e "/proc/$pid" ] || break
      sleep 0.1
    done
  fi
  rm -f "$home/process"
}

# greeted PORT SECONDS: waits until the port of 127.0.0.1 greets with 220.
greeted() {
  local deadline=$((SECONDS + $2)) line
  while ((SECONDS < deadline)); do
    if line=$(timeout 2 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && read -r line <&3 && printf "QUIT\r\n" >&3 &&
      printf "%s" "$line"' - "$1" 2>/dev/null) && [[ $line == 220* ]]; then
      return 0
    fi
    sleep 0.1
  done
  return 1
}
listened() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
