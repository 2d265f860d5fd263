#include "reports/html.hpp"

#include <array>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/sha.h>

#include "harness/smtp/base64.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/html_files.hpp"
#include "reports/terminal_style.hpp"

namespace smtpspec::reports {
namespace {

/// Of an element's text in HTML.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : smtp::visible(text)) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string joined(std::span<const std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

/// As a content security policy names the one script, or style, that it lets pass.
std::string hash_of(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return "'sha256-" + smtp::base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()}) + "'";
}

/// In ASCII, and so that nothing in it ends the element that it stands in.
std::string block_of(const PageJson& data) {
  std::string out;
  for (const char c : data.dump(-1, ' ', true, PageJson::error_handler_t::replace))
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  return out;
}

}  // namespace

const char* side_letter(engine::ExcerptLine::Side side) {
  switch (side) {
    case engine::ExcerptLine::Side::client: return "c";
    case engine::ExcerptLine::Side::server: return "s";
    default: return "-";
  }
}

PageJson requirement_json(const engine::CitedRequirement& cited,
                          const std::function<std::string(std::string_view)>& fit) {
  return {{"id", fit(cited.id)},        {"section", fit(cited.section)},    {"lines", fit(cited.lines)},
          {"level", name(cited.level)}, {"severity", name(cited.severity)}, {"says", fit(cited.says)}};
}

std::string page_of(PageJson data, std::string_view title, std::string_view notice) {
  for (const engine::Outcome outcome : judge::worst_first()) data["outcomes"].push_back(name(outcome));
  const std::string style = joined(html::style);
  const std::string script = joined(html::script);
  const std::string policy =
      fmt::format("default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
                  hash_of(script), hash_of(style));
  const std::pair<std::string_view, std::string> holes[] = {{"policy", policy},       {"title", escaped(title)},
                                                            {"style", style},         {"notice", escaped(notice)},
                                                            {"data", block_of(data)}, {"script", script}};
  const std::string around = joined(html::page);
  std::string page;
  std::string_view rest = around;
  for (const auto& [name, text] : holes) {  // in the order in which they stand there
    const std::string hole = fmt::format("{{{{{}}}}}", name);
    const auto at = rest.find(hole);
    page.append(rest.substr(0, at)).append(text);
    rest.remove_prefix(at + hole.size());
  }
  return page.append(rest);
}

std::string to_html(const engine::RunResult& run, const Transcripts& transcripts) {
  return page_of(page_data(run, transcripts), fmt::format("smtpspec: {}", run.target.name), verdict(run, {}));
}

}  // namespace smtpspec::reports
