"""A server of aiosmtpd as its documentation shows: a controller, and a handler that knows its mailboxes and relays to the
sink. Usage: driver.py PORT SINK FOLDER (of certificate.pem and key.pem)"""
import asyncio
import re
import ssl
import sys
from email.utils import formatdate

from aiosmtpd.smtp import SMTP, AuthResult

HOST = "aiosmtpd.example.test"
PORT, SINK, FOLDER = sys.argv[1:]
MAILBOXES = ("alice@example.test", "bob@example.test", "postmaster@example.test", "postmaster")


class Relay:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.lower() in MAILBOXES:
            envelope.rcpt_tos.append(address)
            return "250 OK"
        return "550 No such mailbox" if address.lower().endswith("@example.test") else "550 Relaying denied"

    async def handle_DATA(self, server, session, envelope):
        """Octets go on as they are, below a Received field; periods are doubled, and a bare CR or LF, which no client may
        send (RFC 5321 section 2.3.8), becomes a space."""
        reader, writer = await asyncio.open_connection("127.0.0.1", int(SINK))
        to = [f"RCPT TO:<{address}>" for address in envelope.rcpt_tos]
        utf8 = " SMTPUTF8" if envelope.smtp_utf8 else ""
        commands = [f"EHLO {HOST}", f"MAIL FROM:<{envelope.mail_from.strip('<>')}> BODY=8BITMIME{utf8}", *to, "DATA"]
        kind = "UTF8SMTP" if envelope.smtp_utf8 else "ESMTP" if session.extended_smtp else "SMTP"
        kind += ("S" if session.ssl else "") + ("A" if session.authenticated else "")
        received = f"Received: from {session.host_name} ([{session.peer[0]}]) by {HOST} with {kind}; {formatdate()}\r\n"
        content = re.sub(rb"\r(?!\n)|(?<!\r)\n", b" ", envelope.content)
        message = (b"\r\n" + received.encode() + content).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
        wanted = b"220"
        for octets in (*(f"{line}\r\n".encode("utf-8", "surrogateescape") for line in commands), message, b"QUIT\r\n"):
            while (line := await reader.readline())[3:4] == b"-":
                pass
            if not line.startswith(wanted):
                return "451 The sink has refused it"
            writer.write(octets)
            wanted = b"354" if octets == b"DATA\r\n" else b"250"
        writer.close()
        return "250 OK"


def authenticate(_server, _session, _envelope, _mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"alice", b"secret"), handled=False)


async def main():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(f"{FOLDER}/certificate.pem", f"{FOLDER}/key.pem")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Relay(), hostname=HOST, enable_SMTPUTF8=True,
                                                   data_size_limit=10485760, tls_context=tls, authenticator=authenticate,
                                                   loop=loop), "127.0.0.1", int(PORT), backlog=200)
    await server.serve_forever()

asyncio.run(main())
