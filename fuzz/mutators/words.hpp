// What the session mutator draws from: the grammar's own words, limits and odd ends. Texts of scenario files.
#pragma once

#include <array>
#include <string_view>

namespace smtpspec::fuzz {

/// Whole lines of an input.
inline constexpr std::array action_lines = {
    std::string_view("> EHLO client.example\\r\\n"),
    std::string_view("> HELO client.example\\r\\n"),
    std::string_view("> LHLO client.example\\r\\n"),
    std::string_view("> MAIL FROM:<{sender}>\\r\\n"),
    std::string_view("> MAIL FROM:<>\\r\\n"),
    std::string_view("> MAIL FROM:<{sender}> SIZE=100\\r\\n"),
    std::string_view("> MAIL FROM:<{sender}> BODY=8BITMIME\\r\\n"),
    std::string_view("> MAIL FROM:<{sender}> BODY=BINARYMIME\\r\\n"),
    std::string_view("> MAIL FROM:<{sender}> SMTPUTF8\\r\\n"),
    std::string_view("> MAIL FROM:<{sender}> RET=HDRS ENVID=QQ314159\\r\\n"),
    std::string_view("> MAIL FROM:<{sender}> AUTH=<>\\r\\n"),
    std::string_view("> RCPT TO:<{accepted}>\\r\\n"),
    std::string_view("> RCPT TO:<{accepted2}>\\r\\n"),
    std::string_view("> RCPT TO:<{rejected}>\\r\\n"),
    std::string_view("> RCPT TO:<Postmaster>\\r\\n"),
    std::string_view("> RCPT TO:<{accepted}> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+40b\\r\\n"),
    std::string_view("> RCPT TO:<@relay.example:{accepted}>\\r\\n"),
    std::string_view("> DATA\\r\\n"),
    std::string_view("> {header}text\\r\\n.\\r\\n"),
    std::string_view("> .\\r\\n"),
    std::string_view("> \\r\\n.\\r\\n"),
    std::string_view("M {header}text\\r\\n"),
    std::string_view("L {header}text\\r\\n"),
    std::string_view("C {header}"),
    std::string_view("C 9 text"),
    std::string_view("L "),
    std::string_view("> BDAT 0 LAST\\r\\n"),
    std::string_view("> BDAT 4\\r\\ntext"),
    std::string_view("> RSET\\r\\n"),
    std::string_view("> NOOP\\r\\n"),
    std::string_view("> VRFY {accepted}\\r\\n"),
    std::string_view("> EXPN list\\r\\n"),
    std::string_view("> HELP\\r\\n"),
    std::string_view("> ETRN {domain}\\r\\n"),
    std::string_view("> QUIT\\r\\n"),
    std::string_view("> AUTH PLAIN {base64:\\0{user}\\0{password}}\\r\\n"),
    std::string_view("> AUTH PLAIN\\r\\n"),
    std::string_view("> AUTH LOGIN\\r\\n"),
    std::string_view("> {base64:{user}}\\r\\n"),
    std::string_view("> *\\r\\n"),
    std::string_view("> =\\r\\n"),
    std::string_view("A PLAIN"),
    std::string_view("> STARTTLS\\r\\n"),
    std::string_view("T"),
    std::string_view("N"),
    std::string_view("H"),
    std::string_view("R"),
    std::string_view("X"),
    std::string_view("P 5"),
    std::string_view("@"),
    std::string_view("U NOOP\\r\\n"),
    std::string_view("+ NOOP\\r\\n"),
};

/// Words that stand in the place of another word, or beside it.
inline constexpr std::array words = {
    std::string_view("MAIL"),
    std::string_view("RCPT"),
    std::string_view("DATA"),
    std::string_view("BDAT"),
    std::string_view("EHLO"),
    std::string_view("HELO"),
    std::string_view("RSET"),
    std::string_view("NOOP"),
    std::string_view("QUIT"),
    std::string_view("VRFY"),
    std::string_view("AUTH"),
    std::string_view("STARTTLS"),
    std::string_view("LAST"),
    std::string_view("FROM:<>"),
    std::string_view("TO:<>"),
    std::string_view("SIZE=1"),
    std::string_view("SIZE=0"),
    std::string_view("SIZE=99999999999999999999"),
    std::string_view("SIZE=-1"),
    std::string_view("SIZE="),
    std::string_view("BODY=7BIT"),
    std::string_view("BODY=BINARYMIME"),
    std::string_view("BODY=X"),
    std::string_view("SMTPUTF8"),
    std::string_view("SMTPUTF8=1"),
    std::string_view("NOTIFY=NEVER"),
    std::string_view("NOTIFY=NEVER,SUCCESS"),
    std::string_view("NOTIFY="),
    std::string_view("ORCPT=rfc822;+"),
    std::string_view("ORCPT=;"),
    std::string_view("RET=FULL"),
    std::string_view("ENVID=+4"),
    std::string_view("AUTH=+3"),
    std::string_view("XFOO=1"),
    std::string_view("<{accepted}>"),
    std::string_view("<>"),
    std::string_view("<@>"),
    std::string_view("<\\\"\\\\\\\"@{domain}>"),
    std::string_view("[127.0.0.1]"),
    std::string_view("[IPv6:::1]"),
    std::string_view("[]"),
    std::string_view("0"),
    std::string_view("1"),
    std::string_view("4294967296"),
    std::string_view("18446744073709551616"),
    std::string_view("-1"),
};

inline constexpr std::array line_ends = {
    std::string_view("\\r\\n"),  std::string_view("\\n"),       std::string_view("\\r"),
    std::string_view("\\n\\r"),  std::string_view("\\r\\r\\n"), std::string_view("\\0\\r\\n"),
    std::string_view(" \\r\\n"), std::string_view("\\t\\r\\n"), std::string_view("\\r\\n\\r\\n"),
};

inline constexpr std::array ends_of_data = {
    std::string_view("\\r\\n.\\r\\n"),    std::string_view("\\n.\\n"),        std::string_view("\\n.\\r\\n"),
    std::string_view("\\r\\n.\\n"),       std::string_view("\\r.\\r"),        std::string_view("\\r\\n..\\r\\n"),
    std::string_view("\\r\\n.\\0\\r\\n"), std::string_view("\\r\\n. \\r\\n"), std::string_view("\\r\\n.\\r\\r\\n"),
};

/// RFC 5321 section 4.5.3.1: local-part, domain, path, command line, text line; and what a buffer may end at.
inline constexpr std::array lengths = {63,  64,  65,  254,  255,  256,  257,  510,  511,  512,
                                       513, 998, 999, 1000, 1001, 1024, 2048, 4096, 12288};

/// What some case mapping or normalization takes for these, or a reader's eye: Kelvin sign, long s, dotless i,
/// full-width forms, Cyrillic letters.
struct LookAlike {
  char letter;
  std::string_view octets;
};
inline constexpr std::array look_alikes = {
    LookAlike{'K', "\\xe2\\x84\\xaa"}, LookAlike{'S', "\\xc5\\xbf"},      LookAlike{'I', "\\xc4\\xb1"},
    LookAlike{'A', "\\xef\\xbc\\xa1"}, LookAlike{'T', "\\xef\\xbc\\xb4"}, LookAlike{' ', "\\xc2\\xa0"},
    LookAlike{'.', "\\xe3\\x80\\x82"}, LookAlike{'@', "\\xef\\xbc\\xa0"}, LookAlike{'E', "\\xd0\\x95"},
    LookAlike{'H', "\\xd0\\x9d"},      LookAlike{'O', "\\xd0\\x9e"},      LookAlike{'P', "\\xef\\xbc\\xb0"},
    LookAlike{'D', "\\xef\\xbc\\xa4"}, LookAlike{'R', "\\xef\\xbc\\xb2"}, LookAlike{'0', "\\xef\\xbc\\x90"},
};

}  // namespace smtpspec::fuzz
