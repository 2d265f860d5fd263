#include "fuzz/campaign/shared_inputs.hpp"

#include <memory>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::fuzz {
namespace {

TEST_CASE("The latest inputs are known, the latest first and none twice") {
  const auto inputs = std::make_unique<SharedInputs>();
  CHECK(inputs->latest().empty());
  for (const char* const one : {"a", "b", "", "a"}) inputs->add(one);
  CHECK(inputs->latest() == std::vector<std::string>{"a", "", "b"});
  for (std::size_t i = 0; i < SharedInputs::most; ++i) inputs->add(std::to_string(i));
  CHECK(inputs->latest().size() == SharedInputs::most);
  CHECK(inputs->latest().back() == "0");
  inputs->add(std::string(2 * longest_input, 'x'));
  CHECK(inputs->latest().front() == std::string(longest_input, 'x'));
}

}  // namespace
}  // namespace smtpspec::fuzz
