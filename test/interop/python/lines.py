"""The line protocol that test/interop/runner speaks with every driver (see runner/run.go)."""
import sys
import threading
import traceback
from urllib.parse import parse_qsl, urlencode


class Lacking(Exception):
    """The client has no such thing."""


def say(word, **values):
    sys.__stdout__.write("@%s?%s\n" % (word, urlencode({k.replace("__", "."): v for k, v in values.items() if v is not None})))
    sys.__stdout__.flush()


def say_record(partition, offset, timestamp, key, value, headers=()):
    fields = {"p": partition, "o": offset, "t": timestamp}
    if key is not None:
        fields["k"] = key.hex()
    if value is not None:
        fields["v"] = value.hex()
    for name, header in headers or ():
        fields["h." + name] = (header or b"").hex()
    sys.__stdout__.write("@rec?%s\n" % urlencode(fields))
    sys.__stdout__.flush()


class Record:
    def __init__(self, values):
        self.partition = int(values["p"])
        self.key = bytes.fromhex(values["k"]) if "k" in values else None
        self.value = bytes.fromhex(values["v"]) if "v" in values else None
        self.headers = [(k[2:], bytes.fromhex(v)) for k, v in values.items() if k.startswith("h.")]


def parse(line):
    word, _, query = line.rstrip("\n").partition("?")
    return word, dict(parse_qsl(query, keep_blank_values=True))


def records():
    """The records of a produce request: the lines up to `end`."""
    out = []
    for line in sys.stdin:
        word, values = parse(line)
        if word == "end":
            return out
        out.append(Record(values))
    raise EOFError


def closed():
    """An event that is set when the runner closes the input: a member leaves its group then."""
    event = threading.Event()

    def watch():
        sys.stdin.read()
        event.set()

    threading.Thread(target=watch, daemon=True).start()
    return event


def serve(driver):
    sys.stdout = sys.stderr
    for line in sys.stdin:
        word, values = parse(line)
        try:
            if word == "produce":
                values["records"] = records()
            getattr(driver, word)(**values)
            say("ok")
        except Lacking as e:
            say("lacking", why=e)
        except Exception as e:
            traceback.print_exc()
            say("fail", error="%s: %s" % (type(e).__name__, e))
