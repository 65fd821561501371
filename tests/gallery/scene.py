"""What stands in the rooms of the gallery: written into a store before the server starts."""

import time
from pathlib import Path

from chat_app.chat.messages import new_id
from chat_app.chat.names import room_key
from chat_app.config import load_config
from chat_app.models import Draft, User
from chat_app.store import open_store

DAY = 24 * 60 * 60_000  # ms
MINUTE = 60_000

LONG, KOREAN, ARABIC = "lunch", "점심 모임", "غرفة الغداء"

_ANN = User("u_00000000000000a1", "Ann")
_BOB = User("u_00000000000000b7", "Bob Featherstonehaugh-Marchbanks")
_STAR = User("u_00000000000000c4", "한별")
_MIRA = User("u_00000000000000d9", "ميرا")
_SUJIN = User("u_00000000000000e2", "수진")

# (days ago, minutes after the one before, who, what)
_TALK: dict[str, list[tuple[int, int, User, str]]] = {
    LONG: [
        (2, 0, _ANN, "Morning! Is anybody in the office today?"),
        (2, 1, _BOB, "Me, from ten."),
        (2, 0, _BOB, "I bring the projector back."),
        (2, 30, _STAR, "저는 집에서 일해요. 회의는 여기서 할까요?"),
        (1, 0, _ANN, "The menu is at https://example.com/menu?day=monday&for=all."),
        (1, 1, _STAR, "👍"),
        (1, 0, _ANN, "A link that is not what it seems: https://аpple.com/ — never follow those."),
        (
            1,
            9,
            _BOB,
            "Something longer, to see how lines break: the stairs on the second floor are closed"
            " until Thursday because of the works, so please take the ones beside the kitchen;"
            " they lead to the same corridor, and the lift goes on working as it always did.",
        ),
        (1, 1, _SUJIN, "네, 알겠습니다. 두 번째 줄도\n있습니다.\n\n그리고 빈 줄 다음 줄."),
        (
            0,
            0,
            _ANN,
            "w" * 72,
        ),
        (0, 1, _MIRA, "صباح الخير! هل نلتقي عند الظهر؟"),
        (0, 0, _BOB, "    def indented():\n        return 'kept as typed'"),
        (0, 2, _STAR, "🎉🎉"),
        (0, 0, _STAR, "그럼 열두 시에 봐요."),
    ],
    KOREAN: [
        (0, 0, _STAR, "다들 점심 뭐 드실래요?"),
        (0, 1, _SUJIN, "저는 비빔밥이요."),
        (0, 0, _SUJIN, "어제 갔던 집 괜찮았어요: https://example.com/식당"),
        (
            0,
            2,
            _STAR,
            "그 집은 오늘 쉬는 날이라서 안 될 것 같고, 길 건너 새로 생긴 국수집에 가 보는 건"
            " 어떨까요? 사람이 많으면 조금 기다려야 할 수도 있어요.",
        ),
        (0, 0, _SUJIN, "좋아요 👍"),
    ],
    ARABIC: [
        (0, 0, _MIRA, "صباح الخير! هل نلتقي عند الظهر؟"),
        (0, 1, _ANN, "Yes, at noon."),
        (0, 1, _MIRA, "القائمة هنا: https://example.com/menu — اختاروا ما تشاؤون."),
        (0, 6, _MIRA, "١٢ ظهرًا، في المطبخ. \nلا تتأخروا!"),
    ],
}
PAST = 90  # more messages at the beginning of LONG, so that there is something older


async def furnish(data: Path) -> None:
    """Write the rooms into a new store in the folder `data`."""
    store = await open_store(load_config(None, [f"storage.folder={data}"], {}).storage)
    now = time.time_ns() // MINUTE // 1_000_000 * MINUTE
    old = [(3, 7, (_ANN, _STAR, _BOB)[n // 4 % 3], f"An older message, {n}") for n in range(PAST)]
    for room, talk in _TALK.items():
        at = 0
        for days, minutes, author, text in (old if room == LONG else []) + talk:
            # Each day's talk begins at the same distance from now, and never lies ahead.
            at = max(at + minutes * MINUTE, now - days * DAY - 14 * 60 * MINUTE)
            draft = Draft(room_key(room), room, new_id(at), author, text, min(at, now))
            await store.append([draft])
    await store.close()
