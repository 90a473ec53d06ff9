"""What the build of the site makes: pages of settings and of the library, pictures of the demo."""
