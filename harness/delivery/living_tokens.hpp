// The tokens that a message may bear and somebody waits for, and how they are found in octets.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace smtpspec::delivery {

/// Strings that are looked up by a view of others.
struct HashOfText {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using Texts = std::unordered_set<std::string, HashOfText, std::equal_to<>>;

/// Shown each token in these octets, from the first to the last, also those that nobody knows. One pass.
void each_token(std::string_view octets, const std::function<void(std::string_view)>& show);

/// May be used from any thread: those who read the roads must not hold up those who play.
class LivingTokens {
 public:
  enum class Alive {
    added,  ///< those that were added
    all,    ///< whatever is a token: for who does not know which ones others make
  };
  explicit LivingTokens(Alive alive = Alive::added) : all_(alive == Alive::all) {}
  void add(const std::string& token);
  void remove(const std::string& token);
  /// Puts those that these octets bear into `tokens`; made-up ones cost nothing but the time to read them.
  void find_in(std::string_view octets, Texts& tokens) const;

 private:
  bool all_;
  mutable std::mutex mutex_;
  Texts tokens_;
};

}  // namespace smtpspec::delivery
