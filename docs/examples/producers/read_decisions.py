#!/usr/bin/env python3
"""Reads what HeteroScale decides, one line of JSON a record, from the first that is kept.

    python3 read_decisions.py --service chat-70b --record ScaleDecided --count 1

`argument` holds all that a decision rests on, as text; it is left out here.
"""

import argparse
import json
import os
import time
import uuid

from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

PREFIX = os.environ.get("HETEROSCALE_TOPIC_PREFIX", "heteroscale")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brokers", default=os.environ.get("KAFKA_BROKERS", "127.0.0.1:9092"))
    parser.add_argument("--registry", default=os.environ.get("SCHEMA_REGISTRY", "http://127.0.0.1:9465/schema-registry"))
    parser.add_argument("--topic", default="decisions", help="any topic of the log, without prefix and version")
    parser.add_argument("--service", help="only records of this service")
    parser.add_argument("--record", help="only records of this type, for example ScaleDecided")
    parser.add_argument("--count", type=int, default=0, help="records to read; 0: until stopped")
    parser.add_argument("--seconds", type=float, default=0, help="stop after so long; 0: never")
    return parser.parse_args()


def main():
    args = arguments()
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": args.registry}))
    topic = f"{PREFIX}.{args.topic}.v1"
    consumer = Consumer({
        "bootstrap.servers": args.brokers,
        "group.id": f"read-decisions-{uuid.uuid4()}",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    })
    consumer.subscribe([topic])
    until = time.monotonic() + args.seconds if args.seconds > 0 else float("inf")
    read = 0
    while time.monotonic() < until and (args.count == 0 or read < args.count):
        message = consumer.poll(0.5)
        if message is None or message.error() is not None or message.value() is None:
            continue
        # Every record of ours carries its type in a header; the schema that its id names says the same.
        kind = dict(message.headers() or []).get("ce_type", b"").decode().rpartition(".")[2]
        record = deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
        if args.service not in (None, record.get("service")) or args.record not in (None, kind):
            continue
        record.pop("argument", None)
        print(json.dumps({"type": kind, "offset": message.offset(), **record}), flush=True)
        read += 1
    consumer.close()


if __name__ == "__main__":
    main()
