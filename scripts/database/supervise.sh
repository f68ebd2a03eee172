# Runs one PostgreSQL server for as long as somebody holds the lease, the FIFO on stdin, open for writing.
#
# Arguments: the server's folder, the folder of the binaries, `temporary` or `kept`, the port, then the server's options.
# A reader of a FIFO gets end-of-file when its last writer is gone, however that ended, kill -9 included: no process of
# ours needs a signal handler, and none can forget to stop the server.
#
# Two of these may race for one folder. Two atomic steps decide: `ln` publishes one cluster, and PostgreSQL's own
# postmaster.pid lets one server run. The loser exits, and whoever started it joins the winner through the same FIFO.

trap '' HUP INT TERM # ours ends when the lease does, whatever befalls the session that started it
umask 077
home=$1 native=$2 life=$3 port=$4
shift 4
exec 3<&0 </dev/null >>"$home/log" 2>&1
cd /

finish() {
  [ "$life" = temporary ] && rm -rf "$home"
  exit "$1"
}

create_cluster() {
  new=$(mktemp -d "$home/cluster.XXXXXX") || finish 1
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s\n' "$password" >"$new/password"
  [ "$life" = temporary ] && set -- --no-sync || set --
  "$native/bin/initdb" -D "$new/data" -U postgres -A scram-sha-256 --pwfile="$new/password" -E UTF8 --no-locale \
    --locale-provider=builtin --builtin-locale=C.UTF-8 "$@" >"$new/initdb.log" || { cat "$new/initdb.log"; rm -rf "$new"; finish 1; }
  printf '%s %s\n' "${new##*/}" "$password" >"$new/server"
  ln "$new/server" "$home/server" 2>/dev/null || rm -rf "$new"
}

[ -f "$home/server" ] || create_cluster
read -r cluster password <"$home/server" || { echo "$home/server names no cluster"; finish 1; }
data=$home/$cluster/data

"$native/bin/postgres" -D "$data" -p "$port" "$@" 3<&- &
server=$!

{
  # A stale file may hold our process id by chance; never the port as well.
  until [ "$(sed -n '1p;4p' "$data/postmaster.pid" 2>/dev/null | tr '\n' ' ')" = "$server $port " ]; do sleep 0.02; done

  # What an interrupted initdb left; a cluster that was ever published holds a file `server`.
  for other in "$home"/cluster.*; do
    [ -e "$other/server" ] || rm -rf "$other"
  done

  # Only an answered token proves that this server will stay: its writer was there before end-of-file.
  : >"$home/joined"
  while read -r token; do
    echo "$token" >>"$home/joined"
  done <&3
  [ "$life" = temporary ] && kill -s QUIT "$server" || kill -s INT "$server"
} &
reader=$!
exec 3<&-

wait "$server"
status=$?
kill -s KILL "$reader" 2>/dev/null
finish "$status"
