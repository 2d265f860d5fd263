#include <algorithm>
#include <array>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "harness/engine/findings.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/layout.hpp"
#include "reports/report.hpp"
#include "reports/terminal_style.hpp"

// A badge for a README: "SMTP | 2 security, 1 must". Its texts are as wide as Verdana sets them, which no viewer needs
// to have: textLength fits another font into the same room.
namespace smtpspec::reports {
namespace {

using engine::Finding;
using engine::RunResult;
using engine::Severity;

/// Advance widths of Verdana in 1/2048 of its size, from the space on.
constexpr std::array<int, 95> widths = {
    720,  806,  940,  1676, 1302, 2204, 1488, 550,  930,  930,  1302, 1676, 745,  930,  745,  930,   // space to /
    1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 930,  930,  1676, 1676, 1676, 1117,  // 0 to ?
    2048, 1400, 1404, 1430, 1578, 1295, 1177, 1588, 1539, 862,  931,  1419, 1140, 1726, 1532, 1612,  // @ to O
    1235, 1612, 1424, 1400, 1262, 1499, 1400, 2025, 1403, 1260, 1403, 930,  930,  930,  1676, 1302,  // P to _
    1302, 1230, 1276, 1067, 1276, 1220, 720,  1276, 1296, 562,  705,  1212, 562,  1992, 1296, 1243,  // ` to o
    1276, 1276, 874,  1067, 807,  1296, 1212, 1676, 1212, 1212, 1076, 1300, 930,  1300, 1676};       // p to ~

constexpr int font_size = 11;
constexpr int padding = 6;  // on either side of a text
constexpr int height = 20;

int width_of(std::string_view text) {
  int sum = 0;
  for (const char c : text) sum += c >= ' ' && c <= '~' ? widths.at(static_cast<std::size_t>(c - ' ')) : 2048;
  return (sum * font_size + 2047) / 2048;
}

struct Message {
  std::string text;
  std::string_view colour;
};

constexpr std::string_view red = "#b3261e";
constexpr std::string_view amber = "#8a5a00";  // white letters on each can be read: a contrast of 4.5 at least
constexpr std::string_view green = "#1b7837";
constexpr std::string_view grey = "#5a5a5a";

/// Green is said where all that was to be decided was.
Message message_of(const RunResult& run) {
  const std::vector<Finding> findings = engine::findings(run);
  if (!findings.empty()) return {by_severity(findings, 0), findings.front().severity == Severity::should ? amber : red};
  const auto decided = run.count(engine::Outcome::pass) + run.count(engine::Outcome::info);
  const auto known = std::count_if(run.scenarios.begin(), run.scenarios.end(),
                                   [&](const engine::ScenarioResult& row) { return run.foreseen(row); });
  const bool nothing = decided == 0 && known == 0;
  if (!run.complete || nothing) return {nothing ? "nothing decided" : "incomplete", grey};
  if (known > 0) return {counted(static_cast<std::size_t>(known), "known failure"), amber};
  return {"no findings", green};
}

void set(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(std::string(value).c_str());
}

void box(pugi::xml_node parent, int x, int width, std::string_view colour) {
  pugi::xml_node rectangle = parent.append_child("rect");
  set(rectangle, "x", fmt::to_string(x));
  set(rectangle, "width", fmt::to_string(width));
  set(rectangle, "height", fmt::to_string(height));
  set(rectangle, "fill", colour);
}

void text(pugi::xml_node parent, int x, std::string_view words) {
  pugi::xml_node element = parent.append_child("text");
  set(element, "x", fmt::to_string(x + padding));
  set(element, "y", "14");
  set(element, "textLength", fmt::to_string(width_of(words)));
  element.text().set(std::string(words).c_str());
}

}  // namespace

std::string to_badge(const RunResult& run) {
  constexpr std::string_view label = "SMTP";
  const Message message = message_of(run);
  const int left = width_of(label) + 2 * padding;
  const int right = width_of(message.text) + 2 * padding;
  const std::string title =
      cut_middle(smtp::visible(fmt::format("{} {}: {}", label, run.target.name, message.text)), 200);
  pugi::xml_document document;
  pugi::xml_node svg = document.append_child("svg");
  set(svg, "xmlns", "http://www.w3.org/2000/svg");
  set(svg, "width", fmt::to_string(left + right));
  set(svg, "height", fmt::to_string(height));
  set(svg, "role", "img");
  set(svg, "aria-labelledby", "smtpspec-badge");
  pugi::xml_node name = svg.append_child("title");
  set(name, "id", "smtpspec-badge");
  name.text().set(title.c_str());
  box(svg, 0, left, "#3d3d3d");
  box(svg, left, right, message.colour);
  pugi::xml_node texts = svg.append_child("g");
  set(texts, "aria-hidden", "true");
  set(texts, "fill", "#fff");
  set(texts, "font-family", "Verdana,DejaVu Sans,Geneva,sans-serif");
  set(texts, "font-size", fmt::to_string(font_size));
  text(texts, 0, label);
  text(texts, left, message.text);
  std::ostringstream out;
  document.save(out, "  ", pugi::format_indent | pugi::format_no_declaration, pugi::encoding_utf8);
  return out.str();
}

}  // namespace smtpspec::reports
