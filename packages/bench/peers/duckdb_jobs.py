# duckdb_jobs.py JOB THREADS TEMPORARY OUT IN...: the measured work as one statement of SQL each.
import sys

import duckdb

job, threads, temporary, out, *inputs = sys.argv[1:]


def lines(path):
    return (
        f"read_csv('{path}', columns={{'line': 'VARCHAR'}}, delim='\x01', quote='', escape='', header=false, auto_detect=false)"
    )


SALES = "{'id': 'BIGINT', 'user': 'BIGINT', 'day': 'VARCHAR', 'category': 'VARCHAR', 'amount': 'DOUBLE', 'note': 'VARCHAR'}"
USERS = "{'user': 'BIGINT', 'name': 'VARCHAR', 'plan': 'VARCHAR'}"
TEXT = "(format csv, header false, quote '', escape '', delim '\x01')"


def table(path, columns):
    return f"read_csv('{path}', columns={columns}, header=true, quote='\"', escape='\"', auto_detect=false)"


def statement():
    if job in ("word-count", "word-count-blanks"):
        # Splitting at single blanks is cheaper, and gives the same words where no others stand between them.
        split = "string_split_regex(line, '\\s+')" if job == "word-count" else "string_split(line, ' ')"
        words = f"select unnest({split}) as word from {lines(inputs[0])}"
        counts = f"select word, count(*) as n from ({words}) where word <> '' group by word"
        return f"copy ({counts}) to '{out}' (format csv, header false, delim '\t')"
    if job == "sort":
        return f"copy (select line from {lines(inputs[0])} order by line) to '{out}' {TEXT}"
    if job == "sum":
        sales = table(inputs[0], SALES)
        return f"copy (select user, sum(amount) as total, count(*) as n from {sales} group by user) to '{out}' (format csv)"
    if job == "join":
        sales, users = table(inputs[0], SALES), table(inputs[1], USERS)
        return (
            f"copy (select plan, sum(amount) as total, count(*) as n from {sales} join {users} using (user) group by plan) "
            f"to '{out}' (format csv)"
        )
    raise SystemExit(f"no such job: {job}")


connection = duckdb.connect()
connection.execute(f"set threads={threads}")
connection.execute(f"set temp_directory='{temporary}'")
connection.execute(statement())
