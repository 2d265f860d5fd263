# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by the start and stop scripts of the targets: where servers live, and how they are ended safely.
# The target is the folder of the script that runs, or the folder beside it that its first argument names.
set -euo pipefail
umask 022
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-${here##*/}}
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '%s: %s\n' "$target" "$*" >&2; }
die() { say "$*"; exit 1; }

# Ports stand in target.toml alone: where the server listens, and where the sink will.
port_of() { sed -nE "s/^$1 = \"[^\"]*127\.0\.0\.1:([0-9]+)\".*/\1/p" "$repository/ci/targets/$target/target.toml"; }
port=$(port_of address)
sink=$(port_of sink)
[ -n "$port" ] || die "its target.toml names no port of 127.0.0.1"

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
build=${SMTPSPEC_BUILD:-}  # empty: Debian's own; or what `compiled` makes of its source: edges, asan
home=$servers/$target${build:+-$build}  # kept: the unpacked packages, certificates
run=$home/run                           # made anew by each start: settings, queue, log
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

# The settings are written aside first: fill FILE... writes each with its @NAMES@ replaced. If they are those of a server
# that runs and greets, unchanged tells so; otherwise `renew` makes the run's folder anew.
fill() {
  local file
  mkdir -p "$home/settings"
  for file in "$@"; do
    sed -e "s|@ROOT@|$root|g" -e "s|@LIB@|$lib|g" -e "s|@RUN@|$run|g" -e "s|@HOME@|$home|g" -e "s|@PORT@|$port|g" \
      -e "s|@SINK@|$sink|g" "$file" >>"$home/settings/${file##*/}"
  done
}
unchanged() { remembered >/dev/null && diff -r "$home/settings" "$run/settings" >/dev/null 2>&1 && greeted "$port" 5; }
renew() {
  end_server
  ! listened "$port" || die "port $port of 127.0.0.1 is taken by another program"
  rm -rf "$run"
  mkdir -p "$run"
  mv "$home/settings" "$run/settings"
}

# unpack PACKAGE...: fetches them, and tells where they are in `root` and `lib`.
unpack() {
  "$repository/ci/fetch_debs" "$@" "$home"
  root=$home/root
  lib=$root/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || printf '%s-linux-gnu' "$(uname -m)")
  rm -rf "$home/settings"
}

# compiled PACKAGE: where SMTPSPEC_BUILD asks for it, makes the server from that package's source, and puts it in the
# place of the one that was unpacked: `edges` counts its edges for a campaign (AFL++'s compiler), `asan` has
# AddressSanitizer, whose reports go to asan.* in the run's folder, or where ASAN_OPTIONS says. The target's own ./compile
# knows how.
compiled() {
  case "$build" in
    '') return 0 ;;
    edges) export AFL_QUIET=1 CC=afl-clang-fast CFLAGS="-O2 -g1" ;;
    asan)
      export CC=clang CFLAGS="-O1 -g1 -fno-omit-frame-pointer -fsanitize=address"
      export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0:abort_on_error=1:log_path=$run/asan}
      ;;
    *) die "there is no build '$build'; there are: edges asan" ;;
  esac
  [ ! -e "$root/compiled" ] || return 0
  "$repository/ci/setup" test long
  "$repository/ci/fetch_source" "$1" "$home"
  say "building it from its source; the log is $home/compile.log"
  (cd "$home/source" && "$here/compile" "$root") </dev/null >"$home/compile.log" 2>&1 9>&- ||
    die "could not be built: $(tail -n 1 "$home/compile.log")"
  [ "$build" != asan ] || grep -rqs __asan_init "$root/usr/sbin" || die "it was built without AddressSanitizer"
  touch "$root/compiled"
}

# A self-signed certificate in tls/, made once.
certify() {
  mkdir -p "$home/tls"
  [ ! -s "$home/tls/certificate.pem" ] || return 0
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=$1" \
    -addext "subjectAltName=DNS:$1,IP:127.0.0.1" -keyout "$home/tls/key.pem" -out "$home/tls/certificate.pem" 2>/dev/null
}

# Servers change to users of their own; the packages would have made the same ones.
system_group() { getent group "$1" >/dev/null || { say "making the system group $1"; groupadd -r "$1"; }; }
system_user() {
  getent passwd "$1" >/dev/null || { say "making the system user $1"; useradd -r -U -M -d /nonexistent -s /usr/sbin/nologin "$1"; }
}

# For a server whose paths are compiled in: what it will see as /etc, /var, /run and /tmp, on a host of this name.
own_system() {  # HOST
  host=$1
  mkdir -p "$run"/{etc,var,run,tmp}
  chmod 1777 "$run/tmp"
  ln -s /run "$run/var/run"
  cp -a /etc/{passwd,group,services,protocols,ld.so.cache,localtime,ssl} "$run/etc/" 2>/dev/null || true
  [ -s "$run/etc/passwd" ] || die "could not copy /etc/passwd"
  printf '%s\n' "$host" >"$run/etc/mailname"
  printf '127.0.0.1 %s localhost\n' "$host" >"$run/etc/hosts"
  printf 'passwd: files\ngroup: files\nhosts: files\n' >"$run/etc/nsswitch.conf"
}
own_user() {  # NAME ID HOME: there alone
  printf '%s:x:%s:%s::%s:/bin/false\n' "$1" "$2" "$2" "$3" >>"$run/etc/passwd"
  printf '%s:x:%s:\n' "$1" "$2" >>"$run/etc/group"
}
# Starts the server as if its packages were installed; ending the outer process ends all that is within.
# AddressSanitizer finds no file from within a chroot: its reports come with the log, which goes to whoever started it too.
start_inside() {  # LOG COMMAND...
  local log=$1
  shift
  if [ "$build" = asan ]; then
    export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
    exec 8> >(exec 9>&-; exec tee "$log" >&2)
  else
    exec 8>"$log"
  fi
  setsid unshare --mount --uts --pid --fork --kill-child --mount-proc "$repository/ci/targets/inside" "$host" "$root" "$run" "$@" \
    </dev/null >&8 2>&1 8>&- 9>&- &
  remember $!
  disown
  exec 8>&-
  await_greeting "$log"
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

# The last steps of every start, and all of a stop.
await_greeting() {  # LOG
  if ! greeted "$port" 60; then
    end_server
    die "did not greet within a minute; see $1"
  fi
}
stop_server() {
  if remembered >/dev/null; then
    end_server
    say "stopped"
  else
    end_server
    say "does not run"
  fi
}
