"""The conformance suite on every transport that comes with gnomon."""

import ssl

import pytest
import trustme

from gnomon.acquire.connect import connect
from gnomon.acquire.mirror import Mirror
from gnomon.errors import Unreachable
from gnomon.sim import Archive, Lacks
from gnomon.testing.transport import TransportSuite


class TestHttp(TransportSuite):
    @pytest.fixture
    def transport(self, folder):
        with Archive(folder, ftp_port=None) as archive:
            yield from closed(connect(archive.http_url))


class TestHttpWithoutRangesAndEtags(TransportSuite):
    @pytest.fixture
    def transport(self, folder):
        with Archive(folder, ftp_port=None, faults=[Lacks(feature="ETAG")]) as archive:
            yield from closed(connect(archive.http_url))


class TestHttps(TransportSuite):
    @pytest.fixture
    def transport(self, folder, tmp_path):
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        with Archive(folder, ftp_port=None, tls=context) as archive:
            yield from closed(connect(archive.http_url, ca_file=tmp_path / "ca.pem"))

    def test_an_unknown_authority_is_not_trusted(self, transport):
        with pytest.raises(Unreachable, match="certificate"):
            connect(transport.url).stat("index.txt")


class TestFtp(TransportSuite):
    @pytest.fixture
    def transport(self, folder):
        with Archive(folder, http_port=None) as archive:
            yield from closed(connect(archive.ftp_url))


class TestFtpWithoutMlsd(TransportSuite):
    """As vsftpd, the server of many archives."""

    @pytest.fixture
    def transport(self, folder):
        with Archive(folder, http_port=None, faults=[Lacks(feature="MLSD")]) as archive:
            yield from closed(connect(archive.ftp_url))


class TestFolder(TransportSuite):
    @pytest.fixture
    def transport(self, folder):
        return connect(str(folder))


class TestFolderByUrl(TransportSuite):
    @pytest.fixture
    def transport(self, folder):
        return connect(folder.as_uri())


class TestMirror(TransportSuite):
    @pytest.fixture
    def transport(self, folder):
        with Archive(folder) as archive:
            yield from closed(Mirror([connect(archive.ftp_url), connect(archive.http_url)]))


def closed(transport):
    yield transport
    transport.close()
