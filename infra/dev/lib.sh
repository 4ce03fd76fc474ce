# shellcheck shell=bash disable=SC2154 # $dir, $word and $signals come from the server's script
# What the scripts of this folder share: where things lie, and how a server is put in the
# background, found again and ended. programs.sh looks for what they run.
# Sourced, never run. Needs no procps and no bash 4, for bare machines.

umask 022 # as root, the unprivileged user that runs Postgres must get through target/dev
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=${here%/infra/dev}
below_root() { case $1 in /*) echo "$1" ;; *) echo "$root/$1" ;; esac; }
dev=$(below_root "${XENTRI_DEV_DIR:-${CARGO_TARGET_DIR:-target}/dev}")
me=${0##*/}

say() { printf '%s: %s\n' "$me" "$*"; }
die() {
    printf '%s: %s\n' "$me" "$*" >&2
    exit 1
}
make_dev() { mkdir -p "$dev" 2>/dev/null || die "cannot write to $dev: make room for it, or set XENTRI_DEV_DIR to another place"; }
have() { command -v "$1" >/dev/null 2>&1; }

# alive PID WORD: is it running, and is it ours, with WORD among its arguments? A pid file can
# outlive a crash or a reboot, and its number may belong to a stranger by now.
alive() {
    local args
    case $1 in '' | *[!0-9]*) return 1 ;; esac
    if [ -d /proc/self ]; then
        { args=$(tr '\0' ' ' <"/proc/$1/cmdline"); } 2>/dev/null || return 1
    else
        args=$(ps -ww -o args= -p "$1") || return 1
    fi
    [ -n "$args" ] || return 1 # a zombie
    [ -n "$2" ] || return 0
    case " $args " in *" $2 "*) ;; *) return 1 ;; esac
}

# end PID WORD (SIGNAL SECONDS)…: asks ever more firmly until it is gone.
end() {
    local pid=$1 word=$2 deadline
    shift 2
    while [ $# -gt 0 ] && alive "$pid" "$word"; do
        kill -s "$1" "$pid" 2>/dev/null || true
        deadline=$((SECONDS + $2))
        while alive "$pid" "$word" && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.05; done
        shift 2
    done
    ! alive "$pid" "$word"
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# keep_port FILE: the port kept there, or a new one if there is none or somebody else has it now.
# Below 32768, where systems begin to take the ports of outgoing connections from.
keep_port() {
    local port
    port=$(cat "$1" 2>/dev/null) || port=
    while [ -z "$port" ] || listening "$port"; do port=$((20000 + RANDOM % 12000)); done
    echo "$port" >"$1"
    echo "$port"
}

# spawn SECONDS LOG COMMAND…: in the background and in a session of its own, out of reach of the
# terminal's Ctrl-C. Returns when `accepts PID` holds; when the process ends,
# the time is over or we are interrupted before, nothing of it stays.
spawn() {
    local log=$2 deadline=$((SECONDS + $1)) session=nohup pid=''
    shift 2
    if have setsid; then session=setsid; fi
    if [ -e "$log" ]; then mv -f "$log" "$log.old"; fi
    trap 'abandon "$pid" "$log" $?' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    (
        # Any descriptor that it kept, the lock's or a pipe of our caller's, would never end.
        for fd in /dev/fd/*; do
            fd=${fd##*/}
            if [ "$fd" -gt 2 ]; then eval "exec $fd>&-"; fi
        done
        cd / && exec "$session" "$@"
    ) </dev/null >"$log" 2>&1 &
    pid=$!
    until accepts "$pid" 2>/dev/null; do
        kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ] || exit 1
        sleep 0.05
    done
    trap - EXIT INT TERM
}

abandon() {
    trap '' INT TERM
    end "$1" '' "${signals[@]}" || true
    forget_dead
    if [ "$3" = 1 ]; then
        tail -n 15 "$2" >&2 || true
        say "did not start; the whole log is in $2" >&2
    fi
    exit "$3"
}

stop() {
    end "$(server_pid)" "$word" "${signals[@]}" || die "process $(server_pid) does not end"
    forget_dead
    rm -f "$mark"
}

running() { alive "$(server_pid)" "$word"; }

# serve COMMAND: what both servers understand. Their scripts bring launch, accepts PID, address,
# settings, server_pid, forget_dead, $dir, $word (tells its process from others) and $signals.
serve() {
    # With this mark a server is there only as long as with-servers uses it.
    mark=$dev/$me.while-used
    case ${1-} in
    start | stop | reset)
        have flock || die "flock is missing: install util-linux (Homebrew: brew install util-linux, and put it in PATH)"
        make_dev
        exec 9>"$dev/$me.lock"
        flock -w 900 9 || die "another start or stop is still under way (lock $dev/$me.lock)"
        ;;
    esac
    case ${1-} in
    start)
        if [ "${2-}" != --while-used ]; then rm -f "$mark"; elif ! running; then touch "$mark"; fi
        if running; then
            say "already up at $(address)"
        else
            launch
            say "up at $(address), data in $dir"
        fi
        ;;
    stop) stop && say "stopped" ;;
    reset) stop && drop_data && say "stopped, data dropped" ;;
    status)
        running || { say "not running" && exit 3; }
        say "running, process $(server_pid), $(address), data in $dir"
        ;;
    env)
        running || die "not running: start it with 'infra/dev/$me start'"
        settings
        ;;
    *)
        echo "usage: infra/dev/$me start | stop | status | env | reset" >&2
        exit 2
        ;;
    esac
}
