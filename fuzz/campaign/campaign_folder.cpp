#include "fuzz/campaign/campaign_folder.hpp"

#include <system_error>
#include <utility>

#include "harness/record/new_file.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::fuzz {

namespace {

constexpr std::size_t longest_input = std::size_t{64} << 10;

std::optional<record::Folder> open(const std::filesystem::path& path) {
  record::Refusal refusal;
  return record::Folder::open(path, refusal);
}

}  // namespace

std::string file_name(std::string_view cause) {
  std::string name;
  for (const char octet : cause) {
    const bool fits =
        (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') || (octet >= '0' && octet <= '9');
    name += fits ? octet : '-';
  }
  for (char& octet : name)
    if (octet >= 'A' && octet <= 'Z') octet = static_cast<char>(octet + ('a' - 'A'));
  return name;
}

std::optional<std::string> CampaignFolder::prepare() const {
  for (const auto& folder : {queue(), crashes(), findings()}) {
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem) return folder.string() + ": " + problem.message();
    const auto opened = open(folder);
    if (!opened) return folder.string() + ": cannot be opened";
    if (const auto why = record::cannot_put_file(*opened)) return folder.string() + ": " + *why;
  }
  return std::nullopt;
}

bool CampaignFolder::has_queue() const {
  const auto folder = open(queue());
  return folder && !folder->each_name([](std::string_view) { return false; });
}

bool CampaignFolder::add_seed(const std::string& name, std::string_view input) const {
  const auto folder = open(queue());
  return folder && !record::put_file(*folder, file_name(name), input, record::Lasting::no);
}

bool CampaignFolder::add_breach(const Breach& breach, std::string_view input) const {
  const auto folder = open(crashes());
  if (!folder) return false;
  const std::string name = file_name(breach.cause);
  record::Refusal refusal;
  if (folder->file(name, refusal) || refusal.kind != record::Refusal::Kind::absent) return false;
  return !record::put_file(*folder, name, input, record::Lasting::yes);
}

std::vector<CampaignFolder::Broken> CampaignFolder::broken() const {
  std::vector<Broken> all;
  const auto folder = open(crashes());
  if (!folder) return all;
  (void)folder->each_name([&](std::string_view name) {
    record::Refusal refusal;
    const auto file = record::is_left_over(name) ? std::nullopt : folder->file(name, refusal);
    if (const auto input = file ? file->whole(longest_input, refusal) : std::nullopt)
      all.push_back({std::string(name), *input});
    return all.size() < 1000;
  });
  return all;
}

}  // namespace smtpspec::fuzz
