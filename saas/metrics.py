"""What Prometheus is told. Labels are few and fixed: no organization, no person, no address."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("darkroom_http_requests_total", "Answered HTTP requests", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "darkroom_http_request_seconds",
    "Time to answer an HTTP request",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SOCKETS = Gauge("darkroom_sockets", "Open websockets")
TASKS = Counter("darkroom_tasks_total", "Finished tasks", ["task", "outcome"])
TASKS_UNSENT = Counter("darkroom_tasks_unsent_total", "Tasks that the queue did not take", ["task"])
TASK_SECONDS = Histogram("darkroom_task_seconds", "Time that a task took", ["task"])
FILES_MISSING = Counter("darkroom_files_missing_total", "Files that storage should have had and did not")
