#!/bin/sh
# Shows every topic of a fleet with kcat, and nothing of ours: its newest records, one line each.
#
#   KAFKA_BROKERS=127.0.0.1:9092 sh docs/examples/producers/look.sh [records per partition, default 3]
#
# Time of the append (epoch ms), partition/offset, key, headers (ce_type names the record), bytes. Where kcat was built with Avro (`kcat -V`
# says so), SCHEMA_REGISTRY=http://<api>/schema-registry makes it print the values too.
set -eu

brokers=${KAFKA_BROKERS:-127.0.0.1:9092}
prefix=${HETEROSCALE_TOPIC_PREFIX:-heteroscale}
newest=${1:-3}

format='%T %p/%o key=%k %h %S bytes\n'
values=
if [ -n "${SCHEMA_REGISTRY:-}" ] && kcat -V 2>&1 | grep -q avro; then
  format='%T %p/%o key=%k %h %s\n'
  values="-s value=avro -r $SCHEMA_REGISTRY"
fi

# `|| exit` since a failure on the left of a pipe would pass for an empty list.
metadata=$(kcat -L -b "$brokers") || exit 6
topics=$(printf '%s\n' "$metadata" | sed -n 's/^ *topic "\('"$prefix"'\.[^"]*\)".*/\1/p' | sort)
if [ -z "$topics" ]; then
  echo "look.sh: $brokers has no topic $prefix.*; check KAFKA_BROKERS and HETEROSCALE_TOPIC_PREFIX" >&2
  exit 1
fi

for topic in $topics; do
  echo "== $topic"
  # shellcheck disable=SC2086 -- two words and more, or none
  kcat -C -q -b "$brokers" -t "$topic" -o "-$newest" -e $values -f "$format"
done
