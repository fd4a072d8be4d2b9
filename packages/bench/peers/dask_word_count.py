# dask_word_count.py IN OUT WORKERS: counts words with Dask's bags, in so many processes.
import os
import sys

import dask.bag
from dask.distributed import Client

if __name__ == "__main__":
    source, out, workers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    client = Client(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None)
    words = dask.bag.read_text(source, blocksize="16MiB").map(str.split).flatten()
    lines = words.frequencies(split_every=8).map(lambda counted: f"{counted[0]}\t{counted[1]}")
    lines.to_textfiles(os.path.join(out, "part-*.txt"))
    client.close()
