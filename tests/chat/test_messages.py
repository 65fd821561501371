"""What a message is called."""

import pytest

from chat_app.chat import messages
from chat_app.errors import Invalid
from chat_app.models import OWN, User
from chat_app.store.steps import schema_steps

ANN = User("u_ann", "Ann")


def draft(id):
    return messages.draft("lobby", "lobby", ANN, "hi", id, most_chars=0)


def test_without_an_id_a_message_gets_one_that_no_client_can_choose():
    first, second = draft(None), draft(None)
    assert first.id.startswith(OWN)
    assert first.id != second.id
    with pytest.raises(Invalid):
        draft(first.id)


def test_what_a_page_may_post_twice_is_called_as_by_a_client():
    first, second = messages.new_id(1), messages.new_id(2)
    assert draft(first).id == first < second


def test_the_schema_knows_the_ids_of_the_servers_own():
    assert f"WHERE id < '{OWN}';" in schema_steps("sqlite")[6]
