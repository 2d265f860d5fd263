#include "reports/golden_test.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "reports/report.hpp"

namespace smtpspec::reports {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// "line 12: is ..., golden ...", or nothing where the two are alike.
std::string first_difference(const std::string& text, const std::string& golden) {
  std::istringstream ours(text);
  std::istringstream theirs(golden);
  for (int number = 1;; ++number) {
    std::string our;
    std::string their;
    const bool more = static_cast<bool>(std::getline(ours, our));
    const bool more_golden = static_cast<bool>(std::getline(theirs, their));
    if (!more && !more_golden) return text == golden ? "" : "they differ in the last line's end";
    if (more != more_golden || our != their)
      return "line " + std::to_string(number) + "\n  golden: " + (more_golden ? their : "(ends)") +
             "\n  now:    " + (more ? our : "(ends)");
  }
}

}  // namespace

std::string golden_problem(const std::string& name, const std::string& text) {
  const std::filesystem::path golden = std::filesystem::path(SMTPSPEC_SOURCE_DIR) / "reports/golden" / name;
  if (const char* approve = std::getenv("SMTPSPEC_APPROVE"); approve != nullptr && approve == std::string("1"))
    if (const auto problem = write_file(golden, text)) return *problem;
  const std::string difference = first_difference(text, content_of(golden));
  if (difference.empty()) return {};
  return golden.string() + " is not what is written now, " + difference +
         "\nto approve: SMTPSPEC_APPROVE=1 build/dev/reports/reports_test";
}

}  // namespace smtpspec::reports
