# The program linked so that it needs libc, OpenSSL and GNU SASL of the system it runs on, and no more: what has security
# updates of its own stays shared. Objects are the same as otherwise, but for one file.
add_link_options(-static-libstdc++ -static-libgcc LINKER:--as-needed)

# RE2, and whatever it is made of, in the order that pkg-config gives.
set(libraries)
foreach(name IN LISTS RE2_STATIC_LIBRARIES)
  find_library(SMTPSPEC_STATIC_${name} lib${name}.a HINTS ${RE2_STATIC_LIBRARY_DIRS})
  if(SMTPSPEC_STATIC_${name})
    list(APPEND libraries ${SMTPSPEC_STATIC_${name}})
  else()
    list(APPEND libraries ${name})
  endif()
endforeach()
set_target_properties(PkgConfig::RE2 PROPERTIES INTERFACE_LINK_LIBRARIES "${libraries};Threads::Threads")
if(TARGET pugixml::static)
  set_target_properties(pugixml::pugixml PROPERTIES INTERFACE_LINK_LIBRARIES pugixml::static)
endif()
