#include "reports/html.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "reports/sample_run_test.hpp"

using namespace smtpspec;

namespace {

std::optional<record::Transcript> none(const std::string& /*path*/) { return std::nullopt; }

/// The block of JSON in a page.
nlohmann::ordered_json data_of(const std::string& page) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const auto from = page.find(begin) + begin.size();
  return nlohmann::ordered_json::parse(page.substr(from, page.find("</script>", from) - from));
}

}  // namespace

TEST_CASE("a page holds its findings, rows and requirements") {
  const auto data = data_of(reports::to_html(reports::sample_run(), none));
  CHECK(data["rows"].size() == reports::sample_run().scenarios.size());
}
