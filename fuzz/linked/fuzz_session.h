/* Fuzzing a mail server's own session object, in the fuzzer's process: octets in, octets out. For C and C++; C++ has
   fuzz_session.hpp on top. Link the CMake target smtpspec::fuzzing, and an engine (clang's -fsanitize=fuzzer).

   An input is a session of SMTP commands; smtpspec's mutator changes it, its machine plays it against the session, and
   its referee, its fence and the count of accepted mail say whether the server has broken a rule of the RFCs. */
#ifndef SMTPSPEC_FUZZ_SESSION_H
#define SMTPSPEC_FUZZ_SESSION_H

/* NOLINTBEGIN: names and headers are as C has them. */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define SMTPSPEC_EXTERN_C extern "C"
#else
#define SMTPSPEC_EXTERN_C
#endif

/* What a session waits for, once all that it had to say was taken. */
enum smtpspec_state {
  SMTPSPEC_READS,     /* octets of the client */
  SMTPSPEC_CLOSES,    /* nothing: it closes the connection */
  SMTPSPEC_STARTS_TLS /* the handshake; smtpspec makes it, and hands over plain text after it */
};

/* A server. Set all of it to zero first: later versions may add fields at the end. */
struct smtpspec_server {
  void* context; /* handed to `open` */
  /* A client has connected. Gives a session, which is handed to all that follows; its greeting is ready. */
  void* (*open)(void* context);
  /* Octets of the client, cut anywhere. What the session answers is ready when this returns. */
  void (*receive)(void* session, const char* octets, size_t count);
  /* Puts what is ready into `room`, at most so many octets; gives how many, 0 where nothing is left. */
  size_t (*give)(void* session, char* room, size_t count);
  enum smtpspec_state (*state)(void* session);
  /* The connection is closed, by either side: the session is not used again. */
  void (*close)(void* session);
  /* The handshake is done. Needed by sessions that want one. */
  void (*tls_started)(void* session);

  /* What the server knows. Mailboxes end with NULL. */
  const char* const* accepts; /* take mail; NULL: alice@example.test and bob@example.test */
  const char* const* rejects; /* are refused; NULL: nobody@example.test */
  const char* user;           /* may log in; NULL: nobody may */
  const char* password;
  int lmtp;             /* it speaks LMTP (RFC 2033) */
  int tells_deliveries; /* it calls smtpspec_delivered for each message that it accepts */
};

/* Plays the session that the input says, and gives 0. Where the server breaks a rule, standard error says which, by
   which sentence of which RFC, and shows the conversation; then the process is aborted, so that the engine keeps the
   input. */
int smtpspec_fuzz(const struct smtpspec_server* server, const uint8_t* data, size_t size);

/* Called by the server while it receives, for each message that it accepts: without it mail that is lost, doubled or
   changed is not seen. The message is as it would be delivered, with or without trace fields in front. The path is
   without brackets. */
void smtpspec_delivered(const char* reverse_path, size_t recipients, const char* message, size_t count);

/* Defines the entry that engines call. */
#define SMTPSPEC_FUZZ(server)                                                      \
  SMTPSPEC_EXTERN_C int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) { \
    return smtpspec_fuzz(&(server), data, size);                                   \
  }

#ifdef __cplusplus
}
#endif
/* NOLINTEND */
#endif
