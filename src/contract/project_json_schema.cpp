// The JSON Schema of inlet.yaml. docs/inlet.schema.json is a copy, and project_json_schema_test.cpp holds it equal to
// this text and its keys and words equal to those that the reader takes.
#include "contract/project_reader.hpp"

namespace inlet {

std::string_view project_json_schema() {
    static constexpr std::string_view kText = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "inlet.yaml",
  "description": "A project of Inlet: its datasets with their contracts, packages, models, views and providers. See docs/project.md.",
  "type": "object",
  "required": ["project", "datasets"],
  "additionalProperties": false,
  "properties": {
    "project": {"description": "The project's name.", "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,62}$"},
    "storage": {
      "type": "object",
      "description": "Where the data is kept.",
      "additionalProperties": false,
      "properties": {
        "data": {
          "description": "The folder that holds everything Inlet keeps; ./data unless said. ${env:NAME} and ${file:PATH} are put in.",
          "type": "string",
          "minLength": 1
        }
      }
    },
    "datasets": {
      "description": "The tables that take deliveries.",
      "type": "object",
      "minProperties": 1,
      "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_]{0,62}$"},
      "additionalProperties": {"$ref": "#/$defs/dataset"}
    },
    "packages": {
      "description": "Archives that bring several files at once, published together or not at all.",
      "type": "object",
      "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_-]{0,62}$"},
      "additionalProperties": {"$ref": "#/$defs/package"}
    },
    "models": {
      "description": "Tables that SQL derives from the datasets; published in the same transaction.",
      "type": "object",
      "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_]{0,62}$"},
      "additionalProperties": {"$ref": "#/$defs/model"}
    },
    "views": {
      "description": "Queries offered for reading; nothing is stored.",
      "type": "object",
      "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_]{0,62}$"},
      "additionalProperties": {"$ref": "#/$defs/view"}
    },
    "access": {"description": "Who may do what. Without it keys have the role admin.", "$ref": "#/$defs/access"},
    "providers": {
      "description": "Who sends, and on which ways. See docs/folders.md.",
      "type": "object",
      "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_-]{0,62}$"},
      "additionalProperties": {"$ref": "#/$defs/provider"}
    },
    "notify": {"description": "Who is told what happened to deliveries. See docs/events.md.", "$ref": "#/$defs/notify"},
    "server": {"description": "How `inlet serve` listens, and what it lets clients do.", "$ref": "#/$defs/server"},
    "$schema": {"description": "For editors; Inlet does not read it.", "type": "string"}
  },
  "$defs": {
    "access": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "roles": {
          "description": "What each role grants. `admin` is there without being named: it may do everything.",
          "type": "object",
          "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_-]{0,62}$"},
          "additionalProperties": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/grant"}}
        },
        "users": {
          "description": "Who may sign in with a password.",
          "type": "object",
          "additionalProperties": {"$ref": "#/$defs/user"}
        },
        "anonymous": {"description": "What those may do who show nothing; else they are turned away.", "$ref": "#/$defs/anonymous"}
      }
    },
    "grant": {
      "type": "object",
      "description": "Of one dataset or package, or of all whose name the pattern matches.",
      "required": ["allow"],
      "oneOf": [{"required": ["dataset"]}, {"required": ["package"]}],
      "additionalProperties": false,
      "properties": {
        "dataset": {"description": "A name; * and ? stand for any characters and one.", "type": "string", "minLength": 1},
        "package": {"description": "A name; * and ? stand for any characters and one.", "type": "string", "minLength": 1},
        "allow": {
          "type": "array",
          "minItems": 1,
          "uniqueItems": true,
          "items": {"enum": ["submit", "read", "approve", "admin"]}
        }
      }
    },
    "user": {
      "type": "object",
      "required": ["roles"],
      "oneOf": [{"required": ["password_hash"]}, {"required": ["password"]}],
      "additionalProperties": false,
      "properties": {
        "password_hash": {"description": "As `inlet users hash` prints it. ${env:NAME} and ${file:PATH} are put in.", "type": "string", "minLength": 1},
        "password": {"description": "Only as ${env:NAME} or ${file:PATH}.", "type": "string", "pattern": "^\\$\\{(env|file):[^}]+\\}$"},
        "roles": {"$ref": "#/$defs/names"}
      }
    },
    "anonymous": {
      "type": "object",
      "required": ["roles"],
      "additionalProperties": false,
      "properties": {"roles": {"$ref": "#/$defs/names"}}
    },
    "text": {"type": ["string", "number", "boolean"]},
    "count": {"type": "integer", "minimum": 0},
    "share": {
      "description": "1% or 0.01.",
      "oneOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": "^[0-9.]+ ?%$"}]
    },
    "duration": {"description": "A whole number and a unit: 45s, 30m, 12h, 90d or 2w.", "type": "string", "pattern": "^[0-9]+[smhdw]$"},
    "size": {"description": "Bytes: 1048576, 1 MiB or 20 GB.", "type": ["integer", "string"], "minimum": 0},
    "some": {"type": "integer", "minimum": 1},
    "names": {
      "oneOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": ["string", "number", "boolean"]}, "minItems": 1, "uniqueItems": true}
      ]
    },
    "server": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "listen": {
          "description": "Where: ADDRESS:PORT, with http:// or https:// before it to say whether it speaks TLS, or unix:/PATH; 127.0.0.1:8080 unless said.",
          "$ref": "#/$defs/names"
        },
        "socket_mode": {"description": "Who may open Unix sockets, as chmod takes it.", "type": "string", "pattern": "^[0-7]{3,4}$", "default": "0600"},
        "tls": {"description": "With it, every address speaks TLS unless it says http://.", "$ref": "#/$defs/tls"},
        "limits": {"$ref": "#/$defs/limits"},
        "cors": {"description": "Which web pages' scripts may call the server; none unless said.", "$ref": "#/$defs/cors"},
        "threads": {"description": "That read and write connections.", "default": 1, "$ref": "#/$defs/some"},
        "jobs": {"description": "What is worked on at once.", "$ref": "#/$defs/jobs"},
        "scan": {"description": "The malware scanner that deliveries are shown to; none unless said.", "$ref": "#/$defs/scan"},
        "metrics": {"description": "Who may read /metrics.", "$ref": "#/$defs/metrics"},
        "trusted_proxies": {"description": "Addresses or ranges of proxies in front, or unix for the Unix sockets of listen: who is believed about a client's address.", "$ref": "#/$defs/names"},
        "forwarded_header": {"description": "The header in which they say it.", "enum": ["X-Forwarded-For", "Forwarded"], "default": "X-Forwarded-For"},
        "log": {"description": "What is said on standard error.", "$ref": "#/$defs/log"}
      }
    },
    "metrics": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "listen": {"description": "Addresses at which nothing but /metrics and the probes is answered, without a key.", "$ref": "#/$defs/names"},
        "from": {"description": "Addresses or ranges that need no key for /metrics at the server's own addresses, or nobody; the machine itself unless said.", "$ref": "#/$defs/names"}
      }
    },
    "log": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "format": {"description": "text at a terminal, else json, unless said.", "enum": ["json", "text"]},
        "level": {"description": "The least that is said.", "enum": ["debug", "info", "warning", "error"], "default": "info"},
        "access": {"description": "A line for each request; else for failed ones alone.", "type": "boolean", "default": true}
      }
    },
    "tls": {
      "type": "object",
      "required": ["certificate", "key"],
      "additionalProperties": false,
      "properties": {
        "certificate": {"description": "PEM file: the server's certificate, then those that lead to the root.", "type": "string", "minLength": 1},
        "key": {"description": "PEM file.", "type": "string", "minLength": 1},
        "min_version": {"enum": ["1.2", "1.3"], "default": "1.2"}
      }
    },
    "limits": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "connections": {"description": "At once.", "default": 10000, "$ref": "#/$defs/some"},
        "uploads": {"description": "Calls with large bodies at once.", "default": 64, "$ref": "#/$defs/some"},
        "calls": {"description": "Other calls at once.", "default": 8, "$ref": "#/$defs/some"},
        "waiting": {"description": "Calls of each kind that wait for their turn.", "default": 1024, "$ref": "#/$defs/count"},
        "header_bytes": {"description": "Of a request.", "default": "32 KiB", "$ref": "#/$defs/size"},
        "body_bytes": {"description": "Of a request; as many as there is room for unless said.", "$ref": "#/$defs/size"},
        "small_bytes": {"description": "Of a body that is taken into memory.", "default": "1 MiB", "$ref": "#/$defs/size"},
        "body_rate": {"description": "Bytes a second that a body must bring on average over body_time; 0: any.", "default": 500, "$ref": "#/$defs/size"},
        "disk_free": {"description": "What deliveries leave free on the disk that holds the data.", "default": "256 MiB", "$ref": "#/$defs/size"},
        "header_time": {"description": "For a TLS handshake, and for a request's headers.", "default": "15s", "$ref": "#/$defs/duration"},
        "idle_time": {"description": "Between two requests.", "default": "75s", "$ref": "#/$defs/duration"},
        "body_time": {"description": "Without a byte of a body.", "default": "60s", "$ref": "#/$defs/duration"},
        "send_time": {"description": "Without the client taking any of an answer.", "default": "60s", "$ref": "#/$defs/duration"},
        "stop_time": {"description": "For what is under way when the server is told to end.", "default": "30s", "$ref": "#/$defs/duration"},
        "per_address": {"description": "Of one address; no limit unless said.", "$ref": "#/$defs/address_rates"},
        "per_principal": {"description": "Of whom a key belongs to; no limit unless said.", "$ref": "#/$defs/principal_rates"}
      }
    },
    "address_rates": {
      "type": "object",
      "dependentRequired": {"burst": ["requests_per_second"]},
      "additionalProperties": false,
      "properties": {
        "connections": {"description": "At once.", "$ref": "#/$defs/some"},
        "requests_per_second": {"$ref": "#/$defs/some"},
        "burst": {"description": "Requests at once after a pause; ten seconds' worth unless said.", "$ref": "#/$defs/some"},
        "bytes_per_second": {"description": "Of bodies.", "$ref": "#/$defs/size"}
      }
    },
    "principal_rates": {
      "type": "object",
      "dependentRequired": {"burst": ["requests_per_second"]},
      "additionalProperties": false,
      "properties": {
        "requests_per_second": {"$ref": "#/$defs/some"},
        "burst": {"description": "Requests at once after a pause; ten seconds' worth unless said.", "$ref": "#/$defs/some"},
        "bytes_per_second": {"description": "Of bodies.", "$ref": "#/$defs/size"}
      }
    },
    "jobs": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "running": {"description": "Deliveries that are worked on at once.", "default": 2, "$ref": "#/$defs/some"},
        "memory": {"description": "For their checks together; at least 16 MiB for each.", "default": "128 MiB", "$ref": "#/$defs/size"},
        "retries": {"description": "How often one is tried again after failures that may pass.", "type": "integer", "minimum": 0, "default": 10}
      }
    },
    "scan": {
      "type": "object",
      "required": ["clamd"],
      "additionalProperties": false,
      "properties": {
        "clamd": {"description": "Where clamd listens: unix:/PATH, or an IP address and a port.", "type": "string", "minLength": 1},
        "on_failure": {"description": "What becomes of a delivery that cannot be scanned.", "enum": ["hold", "reject"], "default": "hold"},
        "on_found": {"description": "What becomes of the bytes in which malware was found.", "enum": ["quarantine", "remove"], "default": "quarantine"},
        "records": {"description": "Whether small submissions are scanned too.", "type": "boolean", "default": false},
        "time_out": {"description": "Without clamd taking bytes or answering.", "default": "60s", "$ref": "#/$defs/duration"}
      }
    },
    "cors": {
      "type": "object",
      "required": ["origins"],
      "additionalProperties": false,
      "properties": {
        "origins": {"description": "Such as https://app.example.org, or *.", "$ref": "#/$defs/names"},
        "max_age": {"description": "How long a browser may remember the answer.", "default": "600s", "$ref": "#/$defs/duration"}
      }
    },
    "dataset": {
      "type": "object",
      "if": {"properties": {"kind": {"const": "files"}}, "required": ["kind"]},
      "else": {"required": ["schema"]},
      "additionalProperties": false,
      "properties": {
        "title": {"$ref": "#/$defs/text"},
        "description": {"$ref": "#/$defs/text"},
        "kind": {
          "description": "What the dataset holds: records, or files of any kind (docs/files.md).",
          "enum": ["table", "files"],
          "default": "table"
        },
        "schema": {
          "description": "A Table Schema, or the path of a .json, .yaml or .yml file below the project's folder.",
          "oneOf": [{"$ref": "#/$defs/schema"}, {"type": "string", "pattern": "\\.(json|ya?ml)$"}]
        },
        "dialect": {"description": "How the files are written; what is not said is recognised.", "$ref": "#/$defs/dialect"},
        "write": {
          "description": "What a delivery does with the rows that are there. upsert and sync need a primaryKey.",
          "enum": ["append", "upsert", "replace", "sync"],
          "default": "append"
        },
        "duplicate": {
          "description": "What becomes of a delivery whose bytes were delivered before: nothing, and the earlier one is the answer; rejected; or loaded like any other.",
          "enum": ["ignore", "reject", "accept"],
          "default": "ignore"
        },
        "rejects": {"description": "How many broken records are let pass; none unless said.", "$ref": "#/$defs/rejects"},
        "deletes": {"description": "Which rows a delivery may delete.", "$ref": "#/$defs/deletes"},
        "retention": {"description": "How long things are kept; for ever unless said.", "$ref": "#/$defs/retention"},
        "expect": {"description": "When deliveries are due and how large they are. See docs/events.md.", "$ref": "#/$defs/expect"}
      }
    },
    "schema": {
      "type": "object",
      "description": "Frictionless Table Schema v1.",
      "required": ["fields"],
      "additionalProperties": false,
      "properties": {
        "fields": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/field"}},
        "primaryKey": {"description": "The fields that tell records apart; they are required.", "$ref": "#/$defs/names"},
        "missingValues": {
          "description": "Cells that count as absent; an empty cell unless said.",
          "type": "array",
          "items": {"$ref": "#/$defs/text"},
          "uniqueItems": true
        },
        "$schema": {"description": "For editors; Inlet does not read it.", "type": "string"}
      }
    },
    "field": {
      "type": "object",
      "required": ["name"],
      "additionalProperties": false,
      "properties": {
        "name": {
          "description": "The label of the column. Names that differ only in upper and lower case are the same to SQL.",
          "type": ["string", "number", "boolean"],
          "minLength": 1,
          "maxLength": 255,
          "pattern": "^[^_]"
        },
        "title": {"$ref": "#/$defs/text"},
        "description": {"$ref": "#/$defs/text"},
        "type": {
          "description": "What the values are.",
          "enum": ["string", "integer", "number", "boolean", "date", "datetime", "time", "object", "array", "any"],
          "default": "string"
        },
        "format": {
          "description": "date, datetime, time: default, any or a pattern such as %d/%m/%Y. object, array: default or python.",
          "type": "string",
          "default": "default"
        },
        "constraints": {"$ref": "#/$defs/constraints"},
        "trueValues": {
          "description": "boolean: the texts that mean true.",
          "type": "array",
          "items": {"$ref": "#/$defs/text"},
          "uniqueItems": true
        },
        "falseValues": {
          "description": "boolean: the texts that mean false.",
          "type": "array",
          "items": {"$ref": "#/$defs/text"},
          "uniqueItems": true
        },
        "decimalChar": {
          "description": "number: the decimal sign.",
          "type": "string",
          "minLength": 1,
          "maxLength": 1,
          "default": "."
        },
        "groupChar": {
          "description": "number, integer: the sign between groups of digits.",
          "type": ["string", "null"],
          "maxLength": 1
        },
        "bareNumber": {
          "description": "number, integer: false if signs such as % or EUR around the number are to be ignored.",
          "type": "boolean",
          "default": true
        },
        "rdfType": {"description": "Not read by Inlet.", "type": "string"},
        "example": {"description": "Not read by Inlet."}
      }
    },
    "constraints": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "required": {"description": "An absent value is an error.", "type": "boolean", "default": false},
        "unique": {"description": "No two records have the same value.", "type": "boolean", "default": false},
        "minimum": {"description": "integer, number, date, datetime, time.", "type": ["number", "string"]},
        "maximum": {"description": "integer, number, date, datetime, time.", "type": ["number", "string"]},
        "minLength": {"description": "string: characters; array: items; object: members.", "$ref": "#/$defs/count"},
        "maxLength": {"description": "string: characters; array: items; object: members.", "$ref": "#/$defs/count"},
        "pattern": {
          "description": "string: a regular expression (RE2) that the whole value matches.",
          "type": "string",
          "minLength": 1
        },
        "enum": {
          "description": "The values that are allowed.",
          "type": "array",
          "minItems": 1,
          "uniqueItems": true,
          "items": {"type": ["string", "number", "boolean"]}
        }
      }
    },
    "dialect": {
      "type": "object",
      "description": "Frictionless CSV Dialect 1.2.",
      "additionalProperties": false,
      "properties": {
        "delimiter": {"description": "The character between cells.", "type": "string", "minLength": 1, "maxLength": 2},
        "quoteChar": {
          "description": "The character around cells; empty or null if there is none.",
          "type": ["string", "null"],
          "maxLength": 1
        },
        "header": {"description": "Whether the first record holds the labels.", "type": "boolean"},
        "doubleQuote": {"description": "Two quotes inside a quoted cell are one; always.", "const": true},
        "lineTerminator": {"description": "Both are always read.", "enum": ["\r\n", "\n"]},
        "skipInitialSpace": {"description": "Spaces behind a delimiter belong to the cell; always.", "const": false},
        "caseSensitiveHeader": {"description": "Only false.", "const": false},
        "csvddfVersion": {"description": "Not read by Inlet.", "type": ["number", "string"]}
      }
    },
    "rejects": {
      "type": "object",
      "dependentRequired": {"max_rows": ["then"], "max_share": ["then"]},
      "additionalProperties": false,
      "properties": {
        "max_rows": {"description": "The most broken records of a part that are let pass.", "$ref": "#/$defs/count"},
        "max_share": {
          "description": "The largest share of a part's records that are let pass, broken.",
          "$ref": "#/$defs/share"
        },
        "then": {
          "description": "What becomes of a submission whose broken records are within the limits.",
          "enum": ["reject", "hold", "publish_rest"],
          "default": "reject"
        },
        "keep": {
          "description": "Broken records kept with their text, of each part; they are counted in any case.",
          "default": 1000000,
          "$ref": "#/$defs/count"
        }
      }
    },
    "deletes": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "policy": {
          "description": "none; missing: what a replace or sync delivery does not hold. sync has missing unless said.",
          "enum": ["none", "missing"]
        },
        "max_rows": {"description": "The most rows that one submission may delete.", "$ref": "#/$defs/count"},
        "max_share": {
          "description": "The largest share of the live rows that one submission may delete.",
          "$ref": "#/$defs/share"
        },
        "allow_empty": {
          "description": "Whether an empty delivery may delete everything.",
          "type": "boolean",
          "default": false
        },
        "on_rejects": {
          "description": "With broken records in the delivery: delete nothing, or all but the keys of the broken ones.",
          "enum": ["nothing", "keep_broken"],
          "default": "nothing"
        },
        "over_limit": {
          "description": "What becomes of deletions over a limit.",
          "enum": ["hold", "reject", "skip"],
          "default": "hold"
        }
      }
    },
    "retention": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "raw": {"description": "The files as they were delivered.", "$ref": "#/$defs/duration"},
        "rejects": {"description": "Broken records and their reports.", "$ref": "#/$defs/duration"},
        "history": {"description": "Superseded rows, which undo, diff and --as-of read.", "$ref": "#/$defs/duration"}
      }
    },
    "expect": {
      "type": "object",
      "dependentRequired": {"by": ["every"]},
      "additionalProperties": false,
      "properties": {
        "every": {"description": "A delivery comes at least this often; a minute or more.", "$ref": "#/$defs/duration"},
        "by": {
          "description": "The time of day, in UTC, by which it is there; `every` is then in whole days.",
          "type": "string",
          "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"
        },
        "rows": {"$ref": "#/$defs/expect_rows"}
      }
    },
    "expect_rows": {
      "description": "How many records a delivery has, measured by the median of the last ten that were published.",
      "type": "object",
      "minProperties": 1,
      "additionalProperties": false,
      "properties": {
        "min_share": {"type": "string", "pattern": "^[0-9.]+%$"},
        "max_share": {"type": "string", "pattern": "^[0-9.]+%$"},
        "of": {"const": "usual"}
      }
    },
    "events": {
      "description": "The events to be told of; all unless said.",
      "oneOf": [{"$ref": "#/$defs/event"}, {"type": "array", "items": {"$ref": "#/$defs/event"}, "minItems": 1, "uniqueItems": true}]
    },
    "event": {
      "enum": [
        "submission.received",
        "submission.published",
        "submission.rejected",
        "submission.held",
        "submission.undone",
        "submission.expired",
        "submission.failed",
        "submission.cancelled",
        "delivery.late",
        "delivery.missing",
        "volume.unusual"
      ]
    },
    "notify": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "base_url": {"description": "Where people reach the server, for links.", "type": "string", "pattern": "^https?://"},
        "webhooks": {"description": "Addresses that events are posted to.", "type": "array", "items": {"$ref": "#/$defs/webhook"}},
        "email": {"$ref": "#/$defs/email"}
      }
    },
    "webhook": {
      "type": "object",
      "required": ["name", "url", "secret"],
      "additionalProperties": false,
      "properties": {
        "name": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,62}$"},
        "url": {"description": "${env:NAME} and ${file:PATH} are put in.", "type": "string", "minLength": 1},
        "secret": {
          "description": "${env:NAME} or ${file:PATH} that hold whsec_ and base64; several while one replaces another.",
          "$ref": "#/$defs/names"
        },
        "events": {"$ref": "#/$defs/events"},
        "datasets": {"description": "Datasets and packages; all unless said.", "$ref": "#/$defs/names"}
      }
    },
    "email": {
      "description": "Who is told by e-mail, and how it is sent.",
      "type": "object",
      "required": ["smtp", "from", "to"],
      "dependentRequired": {"user": ["password"], "password": ["user"]},
      "additionalProperties": false,
      "properties": {
        "smtp": {"description": "smtps://host:port, or smtp://host:port with STARTTLS.", "type": "string", "minLength": 1},
        "from": {"description": "The sender's address.", "type": "string", "minLength": 3},
        "user": {"type": "string", "minLength": 1},
        "password": {"description": "${env:NAME} or ${file:PATH}.", "type": "string", "minLength": 1},
        "tls": {
          "description": "Whether a server that offers no TLS is refused.",
          "enum": ["required", "optional"],
          "default": "required"
        },
        "to": {"description": "Addresses; each gets a message of its own.", "$ref": "#/$defs/names"},
        "events": {"$ref": "#/$defs/events"},
        "datasets": {"description": "Datasets and packages; all unless said.", "$ref": "#/$defs/names"}
      }
    },
    "package": {
      "type": "object",
      "required": ["match", "members"],
      "additionalProperties": false,
      "properties": {
        "match": {
          "description": "The archive's file name; * and ? stand for any characters and one.",
          "type": "string",
          "minLength": 1,
          "pattern": "^[^/]*$"
        },
        "members": {
          "description": "Which file of the archive goes into which dataset.",
          "type": "object",
          "minProperties": 1,
          "propertyNames": {"minLength": 1},
          "additionalProperties": {"type": "string", "minLength": 1}
        },
        "duplicate": {
          "description": "What becomes of a delivery whose bytes were delivered before: nothing, and the earlier one is the answer; rejected; or loaded like any other.",
          "enum": ["ignore", "reject", "accept"],
          "default": "ignore"
        }
      }
    },
    "model": {
      "type": "object",
      "required": ["sql"],
      "additionalProperties": false,
      "properties": {
        "sql": {
          "description": "A query, or the path of a .sql file below the project's folder.",
          "type": "string",
          "minLength": 1
        },
        "primaryKey": {
          "description": "The columns that tell rows apart, for the diff; without them rows are compared whole.",
          "$ref": "#/$defs/names"
        }
      }
    },
    "view": {
      "type": "object",
      "required": ["sql"],
      "additionalProperties": false,
      "properties": {
        "sql": {
          "description": "A query, or the path of a .sql file below the project's folder.",
          "type": "string",
          "minLength": 1
        }
      }
    },
    "provider": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "title": {"$ref": "#/$defs/text"},
        "contacts": {"description": "E-mail addresses.", "$ref": "#/$defs/names"},
        "sources": {"description": "Where its deliveries come from.", "type": "array", "items": {"$ref": "#/$defs/source"}}
      }
    },
    "source": {
      "type": "object",
      "required": ["folder"],
      "oneOf": [{"required": ["dataset"]}, {"required": ["package"]}],
      "additionalProperties": false,
      "properties": {
        "folder": {
          "description": "The watch folder, below the project's folder unless absolute. ${env:NAME} and ${file:PATH} are put in.",
          "type": "string",
          "minLength": 1
        },
        "pattern": {
          "description": "Which files are taken; * and ? stand for any characters and one.",
          "type": "string",
          "minLength": 1,
          "pattern": "^[^/]*$",
          "default": "*"
        },
        "dataset": {"description": "The dataset that the files go into.", "type": "string", "minLength": 1},
        "package": {"description": "The package that the files are.", "type": "string", "minLength": 1},
        "settle": {
          "description": "How long a file lies unchanged before it is taken: 5m to 30d.",
          "default": "15m",
          "$ref": "#/$defs/duration"
        },
        "allow_short_settle": {"description": "Whether `settle` may be shorter, from 1s on.", "type": "boolean", "default": false},
        "outbox": {"description": "Where the answers go; `outbox` in the watch folder unless said.", "type": "string", "minLength": 1}
      }
    }
  }
}
)json";
    return kText;
}

} // namespace inlet
