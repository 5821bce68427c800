"""Define the metrics for Prometheus. Labels are few and fixed: no organization, no person, no address."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("darkroom_http_requests_total", "Answered HTTP requests", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "darkroom_http_request_seconds",
    "Time to answer an HTTP request",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SOCKETS = Gauge("darkroom_sockets", "Open websockets")
SOCKETS_CUT_OFF = Counter("darkroom_sockets_cut_off_total", "Sockets closed because their client did not read")
PREVIEWS_DROPPED = Counter("darkroom_previews_dropped_total", "Previews left out because a client read too slowly")
TASKS = Counter("darkroom_tasks_total", "Finished tasks", ["task", "outcome"])
TASKS_UNSENT = Counter("darkroom_tasks_unsent_total", "Tasks that the queue did not take", ["task"])
TASK_SECONDS = Histogram("darkroom_task_seconds", "Time that a task took", ["task"])
BATCH_ALARMS = Counter("darkroom_batch_alarms_total", "Batches of a provider whose results did not add up")
FILES_MISSING = Counter("darkroom_files_missing_total", "Files that storage should have had and did not")

PROVIDER_SECONDS = (0.25, 0.5, 1, 2, 4, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600)
CALL_FIRST_PARTIAL_SECONDS = Histogram(
    "darkroom_call_first_partial_seconds",
    "From a request to a provider to its first partial image",
    ["model", "kind", "size", "quality"],
    buckets=PROVIDER_SECONDS,
)
CALL_SECONDS = Histogram(
    "darkroom_call_seconds",
    "From a request to a provider to its end",
    ["model", "kind", "size", "quality", "outcome"],
    buckets=PROVIDER_SECONDS,
)
CALLS = Counter("darkroom_calls_total", "Calls of providers by how they ended", ["model", "kind", "outcome"])
CALL_TOKENS = Counter("darkroom_call_tokens_total", "Tokens that providers counted", ["model", "kind", "direction"])
CALLS_IN_FLIGHT = Gauge("darkroom_calls_in_flight", "Slots that this process is working on")
SLOTS = Gauge("darkroom_slots", "Queued slots, in the whole Darkroom", ["state"])
LINE_OLDEST_SECONDS = Gauge("darkroom_line_oldest_seconds", "Waiting time of the oldest slot that could be made now")
CIRCUITS_OPEN = Gauge("darkroom_circuits_open", "Provider connections with an open circuit, in the whole Darkroom")
RESCUED_FILES = Gauge("darkroom_rescued_files", "Pictures put aside on this machine's disk")
