// Files for tests of the roads.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

#include "harness/delivery/stored_message.hpp"

namespace smtpspec::delivery {

using namespace std::string_literals;

/// A folder of its own for each test, taken away after it.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "smtpspec-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline void append(const std::filesystem::path& path, std::string_view octets) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::app) << octets;
}

inline const std::string token = "t0123456789abcdef";

inline std::shared_ptr<LivingTokens> living() {
  auto tokens = std::make_shared<LivingTokens>();
  tokens->add(token);
  return tokens;
}

inline std::vector<std::string> messages_of(const Look& look) {
  std::vector<std::string> messages;
  for (const Incoming& one : look.messages) messages.push_back(one.delivery.message);
  return messages;
}

/// nullopt where the road does not tell.
inline std::optional<std::vector<std::string>> paths_of(const record::Delivery& delivery) {
  if (!delivery.recipients) return std::nullopt;
  std::vector<std::string> paths;
  for (const auto& recipient : *delivery.recipients) paths.push_back(recipient.forward_path);
  return paths;
}

}  // namespace smtpspec::delivery
