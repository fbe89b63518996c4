document.title = 'feedtape';
