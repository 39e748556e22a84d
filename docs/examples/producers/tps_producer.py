#!/usr/bin/env python3
"""Writes the decode throughput of a service to HeteroScale every few seconds.

    python3 tps_producer.py --service chat-70b --instances 4 --tps 9600

Stands for a gateway that knows how many tokens per second leave its engines: replace `measure` by your own number.
"""

import argparse
import os
import time

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient, topic_record_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

TOPIC = f"{os.environ.get('HETEROSCALE_TOPIC_PREFIX', 'heteroscale')}.metrics.v1"
RECORD = "io.heteroscale.TpsObserved"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brokers", default=os.environ.get("KAFKA_BROKERS", "127.0.0.1:9092"))
    parser.add_argument("--registry", default=os.environ.get("SCHEMA_REGISTRY", "http://127.0.0.1:9465/schema-registry"))
    parser.add_argument("--service", required=True)
    parser.add_argument("--role", default="decode", choices=["prefill", "decode"])
    parser.add_argument("--source", default="gateway/*", help="<producer>/<subCluster>, or <producer>/* for the whole service")
    parser.add_argument("--instances", type=int, required=True, help="registered instances of the role; all are heard here")
    parser.add_argument("--tps", type=float, required=True, help="stands for what a real producer measures")
    parser.add_argument("--interval", type=float, default=5, help="seconds that a sample covers")
    parser.add_argument("--count", type=int, default=0, help="samples to write; 0: until stopped")
    return parser.parse_args()


def measure(args):
    """Tokens per second of the last interval, or None when it could not be measured. Never 0 for that."""
    return args.tps


def failed(error, _message):
    if error is not None:
        print(f"not written: {error}", flush=True)


def main():
    args = arguments()
    registry = SchemaRegistryClient({"url": args.registry})
    schema = registry.get_latest_version(f"{TOPIC}-{RECORD}").schema.schema_str
    serialize = AvroSerializer(registry, schema, conf={"subject.name.strategy": topic_record_subject_name_strategy})
    producer = Producer({"bootstrap.servers": args.brokers, "enable.idempotence": True})
    written = 0
    started_ms = int(time.time() * 1000)
    while args.count == 0 or written < args.count:
        time.sleep(args.interval)
        ended_ms = int(time.time() * 1000)
        tps = measure(args)
        sample = {
            "service": args.service,
            "role": args.role,
            "source": args.source,
            "windowStartMs": started_ms,
            "windowEndMs": ended_ms,
            "instancesHeard": 0 if tps is None else args.instances,
            "instancesRegistered": args.instances,
            "tps": tps,
        }
        value = serialize(sample, SerializationContext(TOPIC, MessageField.VALUE))
        producer.produce(TOPIC, key=args.service.encode(), value=value, on_delivery=failed)
        producer.flush(10)
        started_ms = ended_ms
        written += 1
    print(f"wrote {written} samples of {args.service} to {TOPIC}", flush=True)


if __name__ == "__main__":
    main()
