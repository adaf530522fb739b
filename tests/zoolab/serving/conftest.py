"""What the tests of stores share: an address of either kind of store, with nothing in it."""

import pytest
from redis_server import redis_server

from zoolab.serving.stores import open_store


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(params=["lmdb", "redis"])
def url(request, tmp_path):
    if request.param == "lmdb":
        return str(tmp_path / "store")
    redis = request.getfixturevalue("server")
    with open_store(redis.url) as store:
        store._client.flushall()
    return redis.url
