"""Where painting happens: never on the event loop, and never more at once than there are cores."""

import asyncio
import base64
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="sandbox-painter")


async def painted(paint: Callable[[], bytes]) -> str:
    """As base64, which takes the processor too."""
    return await asyncio.get_running_loop().run_in_executor(_threads, lambda: base64.b64encode(paint()).decode())
