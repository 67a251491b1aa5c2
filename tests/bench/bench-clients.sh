# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The rows clients-N: N clients read all of the image at once, each from its start to
# its end, the next one always a bit later.  Sourced by run-bench.sh, which sets
# $client, $socket, $raw, $work, $BENCH_SIZE, $BENCH_APART.

psk_file=$work/keys.psk

# Keys for `bench`, as psktool(1) makes them; and whether TLS can be had.
prepare_tls ()
{
  can_tls=no
  printf 'bench:%s\n' "$(head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n')" \
    >"$psk_file"
  if nbdkit --tls=require --tls-psk="$psk_file" -U - null --run true >/dev/null 2>&1
  then
    can_tls=yes
  else
    say "no TLS on this machine: the rows with it are left out"
  fi
}

servers_for_clients ()
{
  echo shared
  [ "$can_tls" = no ] || echo shared+tls
}

# run_clients N SERVER: each byte is compared.
run_clients ()
{
  set -- "$1" "${BENCH_APART:-$((BENCH_SIZE / 50))}" "$2"
  if [ "$3" = shared+tls ]; then
    "$client" readers "$socket" "$raw" "$1" "$2" "$psk_file"
  else
    "$client" readers "$socket" "$raw" "$1" "$2"
  fi
}

# Add to the figures in FILE what follows from them.
derive_clients_figures ()
{
  awk -F = '{ value[$1] = $2 }
            END { if (value["served_mb"] > 0)
                    printf "cpu_s_gb=%.3f\n", value["cpu_s"] * 1000 / value["served_mb"] }' \
    "$1" >"$1.more"
  decoded_figure >>"$1.more"
  cat "$1.more" >>"$1"
  rm "$1.more"
}
