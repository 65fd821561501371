from bench.profile import read_stacks

STACKS = """\
<module> (run.py:8);Room.flush (chat_app/chat/rooms.py:140);write (libc.so.6) 6
<module> (run.py:8);Room.flush (chat_app/chat/rooms.py:141) 2
<module> (run.py:8);text (/venv/lib/site-packages/aiohttp/web.py:3);text (x.c:9) 2
Thread._bootstrap (threading.py:1);_worker (concurrent/futures/thread.py:81);lock (libc.so.6) 9
Thread.run (threading.py:975);Beside._work (chat_app/store/beside.py:9);lock (libc.so.6) 9
main (main.c:1) 9
"""


def test_samples_are_counted_by_function_and_by_layer():
    profile = read_stacks(STACKS)
    assert profile.samples == 10
    assert profile.own == {"Room.flush (chat_app/chat/rooms.py)": 8, "text (aiohttp/web.py)": 2}
    assert profile.total["<module> (run.py)"] == 10
    assert profile.native["write (libc.so.6)"] == 6
    assert profile.packages == {"chat_app/chat": 8, "aiohttp": 2}
