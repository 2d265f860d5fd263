// Several runs side by side, as one page: servers, or versions of one, by findings, requirements and rows.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

#include "harness/engine/result.hpp"
#include "reports/html.hpp"

namespace smtpspec::reports {

/// Keeps of each run what the page shows of it, and no more. A run may have come from anybody.
class Matrix {
 public:
  static constexpr std::size_t most_runs = 64;

  /// `folder`: where the run is stored; tells runs apart whose targets have one name.
  void add(const engine::RunResult& run, std::string_view folder);
  /// All that the page shows.
  [[nodiscard]] PageJson data() const;
  /// What it shows where no script runs, one sentence.
  [[nodiscard]] std::string verdict() const;

 private:
  struct Column {
    std::string name;
    std::string folder;
    PageJson about;
    PageJson cells = PageJson::array();
  };
  std::size_t text(std::string_view said);
  std::size_t requirement_number(const engine::CitedRequirement& cited);
  std::size_t row_number(const engine::ScenarioResult& row);
  PageJson cell_json(const engine::ScenarioResult& row);
  PageJson excerpt_json(const std::vector<engine::ExcerptLine>& lines);
  PageJson about_json(const engine::RunResult& run);
  void put_findings(const std::vector<engine::Finding>& findings, std::size_t column, bool known);
  [[nodiscard]] std::vector<std::string> names() const;

  std::vector<Column> columns_;
  std::unordered_map<std::string, std::size_t> row_numbers_;
  std::unordered_map<std::string, std::size_t> requirement_numbers_;
  std::unordered_map<std::string, std::size_t> finding_numbers_;
  PageJson rows_ = PageJson::array();
  PageJson requirements_ = PageJson::array();
  PageJson findings_ = PageJson::array();
  Texts texts_;
  std::size_t lines_ = 0;     ///< of excerpts
  std::size_t cells_ = 0;     ///< of all columns
  std::size_t left_out_ = 0;  ///< cells for which there is no room
};

[[nodiscard]] std::string to_html(const Matrix& matrix);

}  // namespace smtpspec::reports
