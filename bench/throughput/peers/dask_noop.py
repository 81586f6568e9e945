"""Tasks that do nothing on dask.distributed: two worker processes of one thread on this machine."""
import json
import sys
import time

import distributed


def noop(i):
    return None


if __name__ == "__main__":
    tasks = int(sys.argv[1])
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster:
        with distributed.Client(cluster) as client:
            client.gather(client.map(noop, range(1000), pure=False))
            start = time.perf_counter()
            client.gather(client.map(noop, range(tasks), pure=False))
            seconds = time.perf_counter() - start
    print(json.dumps({"version": distributed.__version__, "tasks": tasks, "tasksPerSecond": tasks / seconds}))
