// A coroutine without I/O: the machine's story is told in order, and stops wherever something has to be done outside.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

namespace smtpspec::judge {

namespace detail {

template <class Value>
struct RoutineResult {
  std::optional<Value> value;
  void return_value(Value result) { value = std::move(result); }
  Value take() { return std::move(*value); }
};
template <>
struct RoutineResult<void> {
  void return_void() {}
  void take() {}
};

}  // namespace detail

/// Begins when it is awaited, or resumed where nobody awaits it. What it throws is thrown on by whoever resumed it;
/// after that it must not be resumed again.
template <class Value = void>
class [[nodiscard]] Routine {
 public:
  struct promise_type : detail::RoutineResult<Value> {  // NOLINT(readability-identifier-naming)
    std::coroutine_handle<> awaiting;

    Routine get_return_object() { return Routine(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() { return {}; }
    auto final_suspend() noexcept {
      struct Back {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> ended) noexcept {
          const auto next = ended.promise().awaiting;
          return next ? next : std::noop_coroutine();
        }
        void await_resume() noexcept {}
      };
      return Back{};
    }
    void unhandled_exception() { throw; }
  };

  explicit Routine(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Routine(Routine&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Routine& operator=(Routine&&) = delete;
  ~Routine() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
    handle_.promise().awaiting = awaiting;
    return handle_;
  }
  Value await_resume() { return handle_.promise().take(); }

  /// Of the outermost routine.
  [[nodiscard]] std::coroutine_handle<> handle() const { return handle_; }
  [[nodiscard]] bool done() const { return handle_.done(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace smtpspec::judge
